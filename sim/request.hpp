// Reading what clients send: the few fields of all venues' subscription requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mp::sim {

inline constexpr std::size_t kRequestBytesMax = 16U * 1024U;  // of HTTP, with its head

struct ClientRequest {
  std::optional<std::uint64_t> number;  // "id" as an unsigned integer (Binance)
  std::string_view id;                  // "id" as a string (OKX)
  std::string_view method;              // "method" (Binance)
  std::string_view op;                  // "op" (OKX)
  bool has_params = false;
  std::vector<std::string_view> params;  // the strings of "params"
  struct Arg {
    std::string_view channel;
    std::string_view inst_id;
    std::string_view inst_type;
  };
  std::vector<Arg> args;  // the objects of "args"
};

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // Nothing when `text` is not a JSON object. Views live until the next call.
  [[nodiscard]] std::optional<ClientRequest> read(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace mp::sim
