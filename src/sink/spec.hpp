// L3. Spec: all that is said of a type of sink, in the sink's own file: its keys with their
// defaults, its encodings and subjects, and what it promises. Configuration, example file,
// `list sinks` and docs/sinks.md read it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

using Texts = std::vector<std::string>;
using Value =
    std::variant<bool, std::uint64_t, Bytes, std::chrono::milliseconds, std::string, Texts>;

// One key of a sink's section. The type of its default is the key's.
struct Key {
  struct NoTexts {};
  using Default = std::variant<bool, std::uint64_t, Bytes, std::chrono::milliseconds,
                               std::string_view, NoTexts>;

  std::string_view name;
  Default fallback;
  std::string_view doc;           // a sentence or two
  std::string_view example = {};  // in TOML, for a key whose default is empty
  // What a number, a size in bytes or a time in milliseconds may be.
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::span<const std::string_view> words = {};  // a text is one of these
};

// Another default of one of the keys that every sink has.
struct Usual {
  std::string_view key;
  Key::Default value;
};

enum class Guarantee : std::uint8_t {
  exactly_once,   // whatever ends the program, each event is there once
  at_least_once,  // a crash may deliver some again, and `harmless` says what comes of it
  best_effort,    // who does not listen does not get it
};
[[nodiscard]] std::string_view name_of(Guarantee guarantee);

class Settings;

struct Spec {
  std::string_view type;
  std::string_view what;  // one line, for a person
  std::span<const Key> keys;
  std::span<const Usual> usual = {};
  // Names of encoders (codec/encoder.hpp), the first is the default. None: it writes events in a
  // form of its own.
  std::span<const std::string_view> encodings = {};
  // The default of the template (subject.hpp). Empty: nothing of the kind exists there.
  std::string_view subject = {};
  std::string_view subject_excludes = {};  // characters that a name must not bring into a subject
  Guarantee guarantee = Guarantee::at_least_once;
  std::string_view harmless;     // why a second delivery is
  std::string_view loss_window;  // what can be lost, and when
  // No I/O yet, and no error: that is open()'s.
  std::unique_ptr<Sink> (*make)(const Settings& settings);
};

// The encodings of a sink whose readers are of many kinds.
inline constexpr std::array<std::string_view, 2> kMessageEncodings = {"json", "marketprism"};

// The keys that every sink has: what it gets and how it is offered.
[[nodiscard]] std::span<const Key> common_keys();
// All that may stand in a section of that type, beside `type`: common keys as far as they apply,
// then its own.
[[nodiscard]] std::vector<const Key*> keys_of(const Spec& spec);

// For tests: called where a crash would matter, with the name of the place.
using CrashPoint = void (*)(std::string_view place);

// One of the runners that a sink has where the collector has several shards: files or connections
// of its own, and its share of the memory.
struct Shard {
  std::uint32_t number = 0;
  std::uint32_t count = 1;
  friend bool operator==(const Shard&, const Shard&) = default;
};

// The values of one section. Asking for a key that the type does not have, or by another type, ends
// the program: a mistake in the sink's file.
class Settings {
 public:
  // Every key at its default; the name is that of the type.
  explicit Settings(const Spec& spec);

  [[nodiscard]] const Spec& spec() const { return *spec_; }
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::uint64_t number(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] std::chrono::milliseconds time(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] const Texts& texts(std::string_view key) const;
  [[nodiscard]] const Value& value(std::string_view key) const;
  // The name of the encoder; empty without one.
  [[nodiscard]] std::string_view encoding() const;
  // Of the key's type.
  void set(std::string_view key, Value value);
  // Where the type has such a key of text, and nothing was said.
  void set_usual(std::string_view key, const std::string& text);

  std::string name;  // of the section: [sink.NAME]
  std::filesystem::path data_dir;
  Shard shard;
  bool durable = true;  // tests that need no disk turn it off
  CrashPoint crash_point = nullptr;

  friend bool operator==(const Settings&, const Settings&) = default;

 private:
  [[nodiscard]] const Value* find(std::string_view key) const;

  const Spec* spec_;
  std::vector<std::pair<std::string_view, Value>> values_;
};

// What a key's value is where nothing is said; in a section of that type, where a spec is given.
[[nodiscard]] Value default_of(const Key& key, const Spec* spec = nullptr);

// The usual Spec::make.
template <class T>
std::unique_ptr<Sink> make_sink(const Settings& settings) {
  return std::make_unique<T>(settings);
}

}  // namespace mp::sink
