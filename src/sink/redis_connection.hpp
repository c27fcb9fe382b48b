// L3. A connection to a Redis server: the one wrapper of hiredis.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/spec.hpp"

struct redisContext;

namespace mp::sink {

struct RedisAnswer {
  enum class Kind : std::uint8_t { gone, error, text, nothing, list, other };
  Kind kind = Kind::gone;
  std::string text{};
  std::vector<RedisAnswer> list{};

  [[nodiscard]] bool failed() const { return kind == Kind::gone || kind == Kind::error; }
};

class RedisConnection {
 public:
  using Words = std::vector<std::string_view>;

  // Connects and logs in by the keys of the section.
  static Result<std::unique_ptr<RedisConnection>> open(const Settings& settings);

  // A command, which goes with the next answer that is asked for.
  void append(const Words& words);
  // To the oldest command without one. Gone: the text says why.
  RedisAnswer next();
  RedisAnswer ask(const Words& words) {
    append(words);
    return next();
  }

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  explicit RedisConnection(redisContext* context) : context_(context) {}

  std::unique_ptr<redisContext, Free> context_;
  std::vector<const char*> arguments_;
  std::vector<std::size_t> lengths_;
};

}  // namespace mp::sink
