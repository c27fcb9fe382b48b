// L0. Result<T>: an expected failure as a value that callers cannot ignore.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/assert.hpp"

namespace mp {

// What went wrong decides the exit code of the program and whether a retry can help.
enum class ErrorKind : unsigned char {
  usage,        // the command line                          exit 2
  data,         // input that cannot be decoded              exit 65
  unavailable,  // network, venue, sink: a retry may help    exit 69
  internal,     // our own bug                               exit 70
  io,           // files and disks                           exit 74
  locked,       // somebody else holds it                    exit 75
  permission,   // not allowed                               exit 77
  config,       // the configuration                         exit 78
};

// One sentence for a person: what failed, with which input, what was expected.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;

  [[nodiscard]] bool retriable() const { return kind == ErrorKind::unavailable; }
};

[[nodiscard]] int exit_code(ErrorKind kind);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() {
    MP_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const {
    MP_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T take() { return std::move(value()); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    MP_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    MP_ASSERT(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace mp
