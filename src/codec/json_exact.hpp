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
      constexpr MemberRow kRows{
          .next_row = [](void* list) -> void* { return &static_cast<RowList<T>*>(list)->next(); },
          .drop_row = [](void* list) { static_cast<RowList<T>*>(list)->drop_last(); },
          .nested = table_of<S, T>()};
      return read_array(text, kRows, &out);
    }
    return false;
  }

  // Forgets the texts of the frame before, keeps its memory.
  void restart() {
    used_ = 0;
    left_out_ = 0;
    bad_rows_.count = 0;
  }

  // From now on rows that cannot be read are left out of a list, unless none of it can.
  void leave_out_bad_rows() { bad_rows_.allowed = true; }
  struct BadRows {
    bool allowed = false;
    std::uint32_t count = 0;  // since the last restart()
    std::string first;        // what was wrong with the first one
  };
  [[nodiscard]] const BadRows& bad_rows() const { return bad_rows_; }

  // Optional numbers since then that did not fit their types: absent in the messages.
  [[nodiscard]] std::uint32_t left_out() const { return left_out_; }

  // What was wrong with the last text that was refused, e.g. `"p": expected a decimal number`.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Slot;  // a parser and the padded copy of what it reads

  [[nodiscard]] bool read_message(std::string_view text, ShapeTable table, void* out);
  [[nodiscard]] bool read_array(std::string_view text, const MemberRow& rows, void* list);
  Slot& next_slot();

  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t used_ = 0;
  std::uint32_t left_out_ = 0;
  std::string problem_;
  BadRows bad_rows_;
};

}  // namespace mp::codec
