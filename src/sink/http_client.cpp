#include "sink/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/gzip_stream.hpp"
#include "core/assert.hpp"
#include "core/utf8.hpp"
#include "sink/connection_keys.hpp"

namespace mp::sink {
namespace {

constexpr int kStepMilliseconds = 50;
constexpr std::chrono::milliseconds kConnectLongest{5'000};
constexpr std::chrono::milliseconds kCallLongest{10'000};  // who stops the program waits for it
constexpr std::size_t kPrefixMax = 20;
constexpr int kGzipLevel = 1;

// Once in a process, before any thread uses it; a local of a function, so that a program without
// such a sink has none of it.
void prepare_curl() {
  static const CURLcode prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
  MP_ASSERT(prepared == CURLE_OK);
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* out) {
  auto& body = *static_cast<std::string*>(out);
  body.append(bytes, std::min(size, kAnswerBytesMax - std::min(kAnswerBytesMax, body.size())));
  return size;
}

}  // namespace

HttpSettings http_settings(const Settings& settings, bool compress, std::string_view scheme) {
  HttpSettings out{.url = settings.text("url"),
                   .user = settings.text("user"),
                   .password = settings.text("password"),
                   .headers = {},
                   .ca_file = settings.text("ca_file"),
                   .timeout = settings.time("timeout"),
                   .compress = compress};
  if (scheme.empty() || settings.text("token").empty()) return out;
  out.headers.push_back(fmt::format("Authorization: {} {}", scheme, settings.text("token")));
  return out;
}

Outcome outcome_of(const HttpAnswer& answer) {
  if (answer.ok()) return Outcome::done;
  // Of these 4xx the data are innocent: who asks, where, when and how often.
  constexpr std::array kLater = {401, 403, 404, 407, 408, 421, 425, 429};
  const bool of_data = answer.status >= 400 && answer.status < 500 &&
                       std::ranges::find(kLater, answer.status) == kLater.end();
  return of_data ? Outcome::permanent : Outcome::retriable;
}

std::string first_sentence(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  // Behind "Code: 60." and the like.
  return printable(text.substr(0, text.find(". ", kPrefixMax)), kSentenceMax);
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  return out;
}

struct HttpClient::State {
  HttpSettings settings;
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::string body;
  std::string answer;
  std::array<char, CURL_ERROR_SIZE> problem{};
  codec::GzipEncoder gzip{kGzipLevel};
  bool under_way = false;

  void forget() {
    if (under_way) curl_multi_remove_handle(multi, easy);
    under_way = false;
  }

  HttpAnswer finish(CURLcode code) {
    HttpAnswer out;
    out.body = std::move(answer);
    answer.clear();
    forget();
    if (code != CURLE_OK) {
      const std::string why = problem[0] != '\0' ? problem.data() : curl_easy_strerror(code);
      out.problem = "no answer from " + settings.url + ": " + printable(why, kSentenceMax);
      return out;
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    out.status = static_cast<int>(status);
    if (out.ok()) return out;
    out.problem = settings.url + " answered " + std::to_string(status);
    if (const auto said = first_sentence(out.body); !said.empty()) out.problem += ": " + said;
    return out;
  }
};

HttpClient::HttpClient(HttpSettings settings) : state_(std::make_unique<State>()) {
  prepare_curl();
  State& state = *state_;
  state.settings = std::move(settings);
  state.multi = curl_multi_init();
  state.easy = curl_easy_init();
  MP_ASSERT(state.multi != nullptr && state.easy != nullptr);
  const HttpSettings& of = state.settings;
  for (const std::string& header : of.headers)
    state.headers = curl_slist_append(state.headers, header.c_str());
  // What curl would add or wait for by itself.
  for (const char* header : {"Expect:", "Content-Type: application/octet-stream"})
    state.headers = curl_slist_append(state.headers, header);
  if (of.compress) state.headers = curl_slist_append(state.headers, "Content-Encoding: gzip");
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(state.easy, option, value);
  };
  set(CURLOPT_HTTPHEADER, state.headers);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(of.timeout, kConnectLongest).count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_WRITEFUNCTION, take_body);
  set(CURLOPT_WRITEDATA, &state.answer);
  set(CURLOPT_ERRORBUFFER, state.problem.data());
  if (!of.ca_file.empty()) set(CURLOPT_CAINFO, of.ca_file.c_str());
  if (of.user.empty()) return;
  set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(CURLOPT_USERNAME, of.user.c_str());
  set(CURLOPT_PASSWORD, of.password.c_str());
}

HttpClient::~HttpClient() {
  state_->forget();
  curl_easy_cleanup(state_->easy);
  curl_multi_cleanup(state_->multi);
  curl_slist_free_all(state_->headers);
}

bool HttpClient::under_way() const {
  return state_->under_way;
}

void HttpClient::begin(const HttpRequest& request) {
  State& state = *state_;
  state.forget();
  state.answer.clear();
  state.problem[0] = '\0';
  state.body.clear();
  if (state.settings.compress) {
    state.gzip.write(request.body, codec::GzipEncoder::End::text, state.body);
  } else {
    state.body = request.body;
  }
  const std::string url = state.settings.url + request.target;
  curl_easy_setopt(state.easy, CURLOPT_URL, url.c_str());
  if (request.method == HttpRequest::Method::get) {
    curl_easy_setopt(state.easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(state.easy, CURLOPT_POST, 1L);
    curl_easy_setopt(state.easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(state.body.size()));
    curl_easy_setopt(state.easy, CURLOPT_POSTFIELDS, state.body.data());
  }
  curl_easy_setopt(state.easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(state.settings.timeout.count()));
  curl_multi_add_handle(state.multi, state.easy);
  state.under_way = true;
}

std::optional<HttpAnswer> HttpClient::step() {
  MP_ASSERT(state_->under_way);
  int running = 0;
  curl_multi_perform(state_->multi, &running);
  if (running > 0) {
    curl_multi_poll(state_->multi, nullptr, 0, kStepMilliseconds, nullptr);
    curl_multi_perform(state_->multi, &running);
  }
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(state_->multi, &left);
  if (message == nullptr) return std::nullopt;
  return state_->finish(message->data.result);
}

HttpAnswer HttpClient::call(const HttpRequest& request) {
  begin(request);
  const auto longest = std::min(state_->settings.timeout, kCallLongest);
  curl_easy_setopt(state_->easy, CURLOPT_TIMEOUT_MS, static_cast<long>(longest.count()));
  while (true) {
    if (auto answer = step()) return std::move(*answer);
  }
}

Result<std::string> HttpClient::ask(const HttpRequest& request) {
  HttpAnswer answer = call(request);
  if (answer.ok()) return std::move(answer.body);
  return Error{ErrorKind::unavailable, answer.problem};
}

}  // namespace mp::sink
