#include "sink/nats_connection.hpp"

#include <fmt/format.h>
#include <nats/nats.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace mp::sink {
namespace {

constexpr std::int64_t kConnectMilliseconds = 2000;
constexpr std::int64_t kRequestMilliseconds = 5000;
constexpr int kMessageTooLong = 10054;  // by the stream's own limit
// More than a batch of the usual size: the library's thread sends it while the next is encoded.
constexpr int kPendingBytes = 2 << 20;
constexpr std::size_t kAnswerBytesShown = 300;

// What is owned, and how it goes.
template <class T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* it) const { destroy(it); }
};
template <class T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroy<T, destroy>>;
using NatsOptions = Owned<natsOptions, natsOptions_Destroy>;
using Message = Owned<natsMsg, natsMsg_Destroy>;
using Jet = Owned<jsCtx, jsCtx_Destroy>;
using StreamInfo = Owned<jsStreamInfo, jsStreamInfo_Destroy>;
using Inbox = Owned<natsInbox, natsInbox_Destroy>;
using Subscription = Owned<natsSubscription, natsSubscription_Destroy>;
using Handle = Owned<natsConnection, natsConnection_Destroy>;

std::string words_of(natsStatus status) {
  natsStatus last = NATS_OK;
  const char* const detail = nats_GetLastError(&last);
  std::string out = natsStatus_GetText(status);
  if (last == status && detail != nullptr && *detail != '\0') out.append(": ").append(detail);
  return out;
}

Error unavailable(std::string_view what, natsStatus status) {
  return {ErrorKind::unavailable, fmt::format("cannot {}: {}", what, words_of(status))};
}

Result<NatsOptions> nats_options(const Settings& settings) {
  natsOptions* made = nullptr;
  natsStatus status = natsOptions_Create(&made);
  NatsOptions options{made};
  const auto set = [&](natsStatus next) {
    if (status == NATS_OK) status = next;
  };
  std::vector<const char*> servers;
  for (const std::string& server : settings.texts("servers")) servers.push_back(server.c_str());
  if (servers.empty()) servers.push_back(NATS_DEFAULT_URL);
  set(natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size())));
  set(natsOptions_SetTimeout(made, kConnectMilliseconds));
  set(natsOptions_SetAllowReconnect(made, false));
  set(natsOptions_SetName(made, ("marketprism " + settings.name).c_str()));
  if (settings.text("stream").empty()) set(natsOptions_SetIOBufSize(made, kPendingBytes));
  if (const auto& user = settings.text("user"); !user.empty())
    set(natsOptions_SetUserInfo(made, user.c_str(), settings.text("password").c_str()));
  if (const auto& token = settings.text("token"); !token.empty())
    set(natsOptions_SetToken(made, token.c_str()));
  if (const auto& file = settings.text("credentials"); !file.empty())
    set(natsOptions_SetUserCredentialsFromFiles(made, file.c_str(), nullptr));
  const auto& ca_file = settings.text("ca_file");
  if (settings.flag("tls") || !ca_file.empty()) set(natsOptions_SetSecure(made, true));
  if (!ca_file.empty()) set(natsOptions_LoadCATrustedCertificates(made, ca_file.c_str()));
  if (status != NATS_OK) return unavailable("use the keys of the section", status);
  return options;
}

Result<void> check_stream(const jsStreamInfo& stream, const Texts& wanted) {
  for (const std::string& subject : wanted) {
    const auto* const begin = stream.Config->Subjects;
    const auto* const end = begin + stream.Config->SubjectsLen;
    if (std::any_of(begin, end, [&](const char* has) { return covers(has, subject); })) continue;
    return Error{ErrorKind::unavailable,
                 fmt::format("the stream {} does not take the subjects {}; expected them in its "
                             "configuration, or others in `stream_subjects`",
                             stream.Config->Name, subject)};
  }
  return {};
}

Result<void> make_stream(jsCtx* jet, const Settings& settings, const Texts& subjects) {
  std::vector<const char*> list;
  for (const std::string& subject : subjects) list.push_back(subject.c_str());
  const auto nanoseconds = [&](std::string_view key) {
    return std::chrono::nanoseconds{settings.time(key)}.count();
  };
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = settings.text("stream").c_str();
  config.Subjects = list.data();
  config.SubjectsLen = static_cast<int>(list.size());
  config.Storage = js_FileStorage;
  config.MaxAge = nanoseconds("stream_age");
  config.MaxBytes = static_cast<std::int64_t>(settings.bytes("stream_bytes"));
  config.Replicas = static_cast<std::int64_t>(settings.number("replicas"));
  config.Duplicates = nanoseconds("duplicate_window");
  config.AllowDirect = true;
  const auto status = js_AddStream(nullptr, jet, &config, nullptr, nullptr);
  if (status == NATS_OK) return {};
  return unavailable(fmt::format("make the stream {}", config.Name), status);
}

Result<void> have_stream(natsConnection* connection, const Settings& settings) {
  const std::string& name = settings.text("stream");
  Texts subjects = settings.texts("stream_subjects");
  if (subjects.empty()) subjects = stream_subjects_of(settings.text("subject"));
  if (subjects.empty())
    return Error{ErrorKind::config,
                 fmt::format("the subject \"{}\" does not tell what the stream {} must take; "
                             "expected it in `stream_subjects`",
                             settings.text("subject"), name)};
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = kRequestMilliseconds;
  jsCtx* context = nullptr;
  if (const auto status = natsConnection_JetStream(&context, connection, &options);
      status != NATS_OK)
    return unavailable("use JetStream", status);
  const Jet jet{context};
  jsStreamInfo* info = nullptr;
  const auto status = js_GetStreamInfo(&info, context, name.c_str(), nullptr, nullptr);
  const StreamInfo owned{info};
  if (status == NATS_NOT_FOUND) return make_stream(context, settings, subjects);
  if (status != NATS_OK) return unavailable(fmt::format("ask for the stream {}", name), status);
  return check_stream(*info, subjects);
}

class Connection final : public NatsConnection {
 public:
  Connection(Handle handle, Inbox inbox, Subscription answers)
      : handle_(std::move(handle)), inbox_(std::move(inbox)), answers_(std::move(answers)) {}

  Sent publish(const NatsMessage& message) override {
    return told(natsConnection_Publish(handle_.get(), message.subject.c_str(),
                                       message.payload.data(),
                                       static_cast<int>(message.payload.size())));
  }

  Sent publish(const NatsMessage& message, const NatsTicket& ticket) override {
    reply_.assign(inbox_.get()).append(".").append(std::to_string(ticket.number));
    natsMsg* made = nullptr;
    auto status = natsMsg_Create(&made, message.subject.c_str(), reply_.c_str(),
                                 message.payload.data(), static_cast<int>(message.payload.size()));
    const Message owned{made};
    if (status == NATS_OK) status = natsMsgHeader_Set(made, "Nats-Msg-Id", ticket.id.c_str());
    if (status == NATS_OK) status = natsConnection_PublishMsg(handle_.get(), made);
    return told(status);
  }

  Answer answer(std::chrono::milliseconds longest) override {
    natsMsg* made = nullptr;
    const auto status = natsSubscription_NextMsg(&made, answers_.get(), longest.count());
    const Message message{made};
    if (status != NATS_OK && status != NATS_NO_RESPONDERS)
      return {.problem = "no acknowledgement: " + words_of(status)};
    // No responders: who asked is not told for which message.
    if (status == NATS_NO_RESPONDERS || natsMsg_IsNoResponders(made))
      return {.problem = "no stream takes the subject, or JetStream is not there"};
    const std::string_view subject{natsMsg_GetSubject(made)};
    Answer out{.kind = Answer::Kind::stored};
    const auto digits = subject.substr(subject.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), out.number);
    const std::string_view text{natsMsg_GetData(made),
                                static_cast<std::size_t>(natsMsg_GetDataLength(made))};
    if (text.find("\"error\":") == std::string_view::npos) return out;
    out.problem = text.substr(0, kAnswerBytesShown);
    const bool never =
        text.find(fmt::format("\"err_code\":{}", kMessageTooLong)) != std::string_view::npos;
    out.kind = never ? Answer::Kind::refused : Answer::Kind::busy;
    return out;
  }

  Result<void> flush(std::chrono::milliseconds longest) override {
    const auto status = natsConnection_FlushTimeout(handle_.get(), longest.count());
    if (status != NATS_OK) return unavailable("send what is pending", status);
    return {};
  }

  [[nodiscard]] std::size_t message_bytes_max() const override {
    return static_cast<std::size_t>(natsConnection_GetMaxPayload(handle_.get()));
  }
  [[nodiscard]] std::string problem() const override { return problem_; }

 private:
  Sent told(natsStatus status) {
    if (status == NATS_OK) return Sent::sent;
    problem_ = words_of(status);
    return status == NATS_MAX_PAYLOAD || status == NATS_INVALID_SUBJECT ? Sent::refused
                                                                        : Sent::gone;
  }

  Handle handle_;
  Inbox inbox_;
  Subscription answers_;
  std::string reply_;
  std::string problem_;
};

}  // namespace

Result<std::unique_ptr<NatsConnection>> NatsConnection::open(const Settings& settings) {
  const auto options = nats_options(settings);
  if (!options) return options.error();
  natsConnection* connected = nullptr;
  if (const auto status = natsConnection_Connect(&connected, options->get()); status != NATS_OK)
    return unavailable(fmt::format("connect to {}", settings.texts("servers").empty()
                                                        ? NATS_DEFAULT_URL
                                                        : settings.texts("servers").front()),
                       status);
  Handle handle{connected};
  if (!settings.text("stream").empty()) {
    if (auto stream = have_stream(connected, settings); !stream) return stream.error();
  }
  natsInbox* inbox = nullptr;
  natsSubscription* answers = nullptr;
  auto status = natsInbox_Create(&inbox);
  Inbox owned{inbox};
  if (status == NATS_OK)
    status = natsConnection_SubscribeSync(&answers, connected, fmt::format("{}.*", inbox).c_str());
  Subscription subscription{answers};
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(answers, -1, -1);
  if (status != NATS_OK) return unavailable("subscribe to acknowledgements", status);
  return std::unique_ptr<NatsConnection>{
      std::make_unique<Connection>(std::move(handle), std::move(owned), std::move(subscription))};
}

Texts stream_subjects_of(std::string_view subject) {
  const auto literal = subject.substr(0, subject.find('{'));
  if (const auto dot = literal.rfind('.'); dot != std::string_view::npos)
    return {std::string{literal.substr(0, dot)} + ".>"};
  if (literal.size() == subject.size()) return {std::string{subject}};
  if (subject == "{marketprism-old}") return {"market.>"};
  // data_type_of() in codec/marketprism_json.cpp has the first words of these.
  if (subject == "{marketprism}") return {"*.*.*.*"};
  Texts out;
  if (subject.starts_with("{channel}.")) {
    for (const auto channel : kChannelNames) out.push_back(std::string{channel} + ".>");
  }
  return out;
}

bool covers(std::string_view outer, std::string_view inner) {
  for (;;) {
    const auto first = outer.substr(0, outer.find('.'));
    const auto second = inner.substr(0, inner.find('.'));
    if (first == ">") return true;
    if (second == ">" || (first != second && first != "*")) return false;
    const bool last = first.size() == outer.size();
    if (last || second.size() == inner.size()) return last == (second.size() == inner.size());
    outer.remove_prefix(first.size() + 1);
    inner.remove_prefix(second.size() + 1);
  }
}

}  // namespace mp::sink
