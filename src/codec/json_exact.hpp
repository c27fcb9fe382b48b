// L2. The exact reader: any valid JSON, keys in any order, unknown keys ignored. simdjson behind
// it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_table.hpp"

namespace mp::codec {

// Texts that it hands out live until the next restart().
class ExactReader {
 public:
  ExactReader();
  ~ExactReader();
  ExactReader(const ExactReader&) = delete;
  ExactReader& operator=(const ExactReader&) = delete;

  template <class S, class T>
  [[nodiscard]] bool read(std::string_view text, T& out) {
    if constexpr (check_shape<S, T>()) return read_message(text, table_of<S, T>(), &out);
    return false;
  }

  template <class S, class T>
  [[nodiscard]] bool read_rows(std::string_view text, RowList<T>& out) {
    out.clear();
    if constexpr (check_shape<S, T>()) {
      return read_array(text, table_of<S, T>(), &out, [](void* list) -> void* {
        return &static_cast<RowList<T>*>(list)->next();
      });
    }
    return false;
  }

  // Forgets the texts of the frame before, keeps its memory.
  void restart() {
    used_ = 0;
    left_out_ = 0;
  }

  // Optional numbers since then that did not fit their types: absent in the messages.
  [[nodiscard]] std::uint32_t left_out() const { return left_out_; }

  // What was wrong with the last text that was refused, e.g. `"p": expected a decimal number`.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Slot;  // a parser and the padded copy of what it reads
  using NextRow = void* (*)(void* list);

  [[nodiscard]] bool read_message(std::string_view text, ShapeTable table, void* out);
  [[nodiscard]] bool read_array(std::string_view text, ShapeTable table, void* list, NextRow next);
  Slot& next_slot();

  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t used_ = 0;
  std::uint32_t left_out_ = 0;
  std::string problem_;
};

}  // namespace mp::codec
