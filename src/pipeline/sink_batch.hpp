// L4. The batch that a sink runner gathers: events as the journal lends them, and what they are for
// the sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/encoder.hpp"
#include "core/event.hpp"
#include "sink/sink.hpp"
#include "sink/subject.hpp"

namespace mp::pipeline {

class SinkBatch {
 public:
  struct Form {
    const codec::Encoder* encoder = nullptr;  // none: items have no payload
    sink::Subject subject{};
  };
  explicit SinkBatch(Form form) : form_(std::move(form)) {}

  // False: the form has nothing for this event. Its views must live until clear().
  bool add(const Event& event, std::uint64_t index, std::optional<InstrumentKind> kind);
  void clear();

  [[nodiscard]] std::size_t size() const { return taken_.size(); }
  [[nodiscard]] bool empty() const { return taken_.empty(); }
  // Encoded, or roughly what the events take.
  [[nodiscard]] std::size_t weight() const { return weight_; }
  // What the last one was encoded to; empty: it is not.
  [[nodiscard]] std::string_view newest() const {
    const std::size_t begin = taken_.size() < 2 ? 0 : taken_[taken_.size() - 2].bytes_end;
    return std::string_view{bytes_}.substr(begin);
  }

  // After the last add().
  void finish();
  [[nodiscard]] const sink::Item& item(std::size_t position) const { return items_[position]; }
  [[nodiscard]] sink::Batch range(std::size_t begin, std::size_t end) const;

 private:
  struct Taken {
    Event event;
    std::uint64_t index;
    std::optional<InstrumentKind> kind;
    std::size_t bytes_end;    // in bytes_, with the encoder's end
    std::size_t subject_end;  // in subjects_
  };

  Form form_;
  std::vector<Taken> taken_;
  std::string bytes_;
  std::string subjects_;
  std::size_t weight_ = 0;
  std::vector<sink::Item> items_;  // views of the above
};

}  // namespace mp::pipeline
