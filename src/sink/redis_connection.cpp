#include "sink/redis_connection.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

namespace mp::sink {
namespace {

constexpr timeval kConnectTime{.tv_sec = 2, .tv_usec = 0};

RedisAnswer answer_of(const redisReply& reply) {
  using Kind = RedisAnswer::Kind;
  RedisAnswer out{.kind = Kind::other};
  switch (reply.type) {
    case REDIS_REPLY_ERROR:
      out.kind = Kind::error;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      out.kind = Kind::text;
      break;
    case REDIS_REPLY_NIL:
      out.kind = Kind::nothing;
      break;
    case REDIS_REPLY_ARRAY:
      out.kind = Kind::list;
      for (std::size_t i = 0; i < reply.elements; ++i)
        out.list.push_back(answer_of(*reply.element[i]));
      break;
    default:
      break;
  }
  if (out.kind == Kind::error || out.kind == Kind::text) out.text.assign(reply.str, reply.len);
  return out;
}

}  // namespace

void RedisConnection::Free::operator()(redisContext* context) const {
  redisFree(context);
}

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const Settings& settings) {
  const auto& host = settings.text("host");
  const auto port = static_cast<int>(settings.number("port"));
  const auto trouble = [&](std::string_view what, std::string_view why) {
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot {} at {}:{}: {}", what, host, port, why)};
  };
  redisContext* const context = host.starts_with('/')
                                    ? redisConnectUnixWithTimeout(host.c_str(), kConnectTime)
                                    : redisConnectWithTimeout(host.c_str(), port, kConnectTime);
  if (context == nullptr) return trouble("connect", "out of memory");
  std::unique_ptr<RedisConnection> out{new RedisConnection{context}};
  if (context->err != 0) return trouble("connect", context->errstr);
  const auto timeout = settings.time("ack_timeout").count();
  redisSetTimeout(context, {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000});
  const auto& user = settings.text("user");
  const auto& password = settings.text("password");
  if (!user.empty() || !password.empty()) {
    const auto known =
        out->ask(user.empty() ? Words{"AUTH", password} : Words{"AUTH", user, password});
    if (known.failed()) return trouble("log in", known.text);
  }
  const auto chosen = out->ask({"SELECT", std::to_string(settings.number("database"))});
  if (chosen.failed()) return trouble("select the database", chosen.text);
  return out;
}

void RedisConnection::append(const Words& words) {
  arguments_.clear();
  lengths_.clear();
  for (const std::string_view word : words) {
    arguments_.push_back(word.data());
    lengths_.push_back(word.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), arguments_.data(),
                         lengths_.data());
}

RedisAnswer RedisConnection::next() {
  void* made = nullptr;
  if (redisGetReply(context_.get(), &made) != REDIS_OK)
    return {.text = std::string{"the connection is gone: "} + context_->errstr};
  auto* const reply = static_cast<redisReply*>(made);
  RedisAnswer out = answer_of(*reply);
  freeReplyObject(reply);
  return out;
}

}  // namespace mp::sink
