#include "cli/top_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "cli/live_table.hpp"
#include "cli/top_documents.hpp"
#include "core/instrument.hpp"

namespace mp::cli {
namespace {

constexpr std::string_view kUp = "\x1b[A";
constexpr std::string_view kDown = "\x1b[B";
constexpr std::string_view kEscape = "\x1b";
constexpr std::size_t kLinesBesideLevels = 5;  // headline, summary, heading, spread, keys
constexpr std::size_t kDepthMax = 50;

template <class Enum>
using Names = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum>
Result<Enum> named(std::string_view what, std::string_view name, const Names<Enum>& names) {
  std::string all;
  for (const auto& [each, value] : names) {
    if (each == name) return value;
    all.append(all.empty() ? "" : ", ").append(each);
  }
  return Error{ErrorKind::usage,
               fmt::format("there is no {} \"{}\"; expected one of {}", what, name, all)};
}

bool matches(std::string_view filter, const pipeline::BoardRow& row) {
  if (filter.empty()) return true;
  const std::string pattern = "*" + std::string{filter} + "*";
  return matches_glob(pattern, row.view.venue + "/" + row.name()) ||
         matches_glob(pattern, row.view.venue + "/" + row.view.symbol);
}

// The largest first; what is alike in the order of names, as the collector has them.
void sort_rows(TopView::Sort sort, std::vector<pipeline::BoardRow>& rows) {
  using Shown = pipeline::BoardRow;
  const auto by = [&](auto key) {
    std::ranges::sort(rows, [&](const Shown& one, const Shown& other) {
      const auto left = key(one);
      const auto right = key(other);
      if (left != right) return left > right;
      return std::tie(one.view.venue, one.view.symbol) <
             std::tie(other.view.venue, other.view.symbol);
    });
  };
  switch (sort) {
    case TopView::Sort::name:
      break;
    case TopView::Sort::rate:
      by([](const Shown& row) { return row.events_per_second; });
      break;
    case TopView::Sort::state:
      by([](const Shown& row) { return row.view.state; });
      break;
    case TopView::Sort::gaps:
      by([](const Shown& row) { return row.view.gaps; });
      break;
    case TopView::Sort::age:
      by([](const Shown& row) {
        return row.changed ? -row.changed->time_since_epoch() : Nanoseconds::max();
      });
      break;
  }
}

}  // namespace

Result<TopView::Page> top_page_named(std::string_view name) {
  return named<TopView::Page>("view", name,
                              {{"instruments", TopView::Page::instruments},
                               {"connections", TopView::Page::connections},
                               {"sinks", TopView::Page::sinks}});
}

Result<TopView::Sort> top_sort_named(std::string_view name) {
  return named<TopView::Sort>("order", name,
                              {{"name", TopView::Sort::name},
                               {"rate", TopView::Sort::rate},
                               {"state", TopView::Sort::state},
                               {"gaps", TopView::Sort::gaps},
                               {"age", TopView::Sort::age}});
}

std::string TopView::target() const {
  switch (page_) {
    case Page::connections:
      return "/api/v1/connections";
    case Page::sinks:
      return "/api/v1/sinks";
    case Page::book:
      return fmt::format(
          "/api/v1/books/{}?depth={}", book_,
          std::clamp((std::max(room_.lines, kLinesBesideLevels) - kLinesBesideLevels) / 2,
                     std::size_t{1}, kDepthMax));
    case Page::instruments:
      break;
  }
  return "/api/v1/instruments";
}

std::string TopView::trades_target() const {
  return page_ == Page::book ? "/api/v1/trades/" + book_ : std::string{};
}

Result<std::vector<std::string>> TopView::lines(const std::string& document,
                                                const std::string& trades) {
  switch (page_) {
    case Page::connections:
      return connection_lines(document, room_.columns);
    case Page::sinks:
      return sink_lines(document, room_.columns);
    case Page::book:
      return book_lines(document, trades, room_.columns);
    case Page::instruments:
      break;
  }
  return instrument_lines(document);
}

Result<std::vector<std::string>> TopView::instrument_lines(const std::string& document) {
  auto rows = instruments_in(document);
  if (!rows) return rows.error();
  std::erase_if(*rows, [&](const auto& row) { return !matches(filter_, row); });
  sort_rows(sort_, *rows);
  shown_.clear();
  for (const auto& row : *rows) {
    const auto& name = row.view.symbol.empty() ? row.view.instrument : row.view.symbol;
    shown_.push_back(row.view.venue + "/" + name);
  }
  if (!shown_.empty()) selected_ = std::min(selected_, shown_.size() - 1);
  return table_lines(*rows, room_.columns);
}

void TopView::on_filter_key(std::string_view key) {
  if (key == "\r" || key == "\n" || key == kEscape) {
    typing_ = false;
    if (key == kEscape) filter_.clear();
  } else if (key == "\x7f" || key == "\b") {
    if (!filter_.empty()) filter_.pop_back();
  } else if (key.size() == 1 && key.front() >= ' ') {
    filter_ += key;
  }
  selected_ = 0;
}

bool TopView::on_key(std::string_view key) {
  if (typing_) {
    on_filter_key(key);
    return true;
  }
  if (key == "q" || key == "\x03") return false;
  if (key == "1") page_ = Page::instruments;
  if (key == "2") page_ = Page::connections;
  if (key == "3") page_ = Page::sinks;
  if (key == kEscape) {
    if (page_ == Page::book) {
      page_ = Page::instruments;
    } else {
      filter_.clear();
    }
  }
  if (page_ != Page::instruments) return true;
  if (key == "/") typing_ = true;
  if (key == "s") sort_ = static_cast<Sort>((static_cast<unsigned>(sort_) + 1) % 5);
  if ((key == kUp || key == "k") && selected_ > 0) --selected_;
  if ((key == kDown || key == "j") && selected_ + 1 < shown_.size()) ++selected_;
  if ((key == "\r" || key == "\n") && selected_ < shown_.size()) {
    book_ = shown_[selected_];
    page_ = Page::book;
  }
  return true;
}

std::string painted(const std::string& line) {
  constexpr std::string_view kGood = "\x1b[32m";
  constexpr std::string_view kSoon = "\x1b[33m";
  constexpr std::string_view kBad = "\x1b[31m";
  constexpr std::string_view kBid = "\x1b[36m";
  constexpr std::string_view kPlain = "\x1b[0m";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kWords = {{
      {"LIVE", kGood},     {"live", kGood},     {"open", kGood},    {"WAITING", kSoon},
      {"waiting", kSoon},  {"opening", kSoon},  {"closing", kSoon}, {"starting", kSoon},
      {"degraded", kSoon}, {"GAP", kBad},       {"DOWN", kBad},     {"REFUSED", kBad},
      {"down", kBad},      {"troubled", kBad},  {"retrying", kBad}, {"ask", kSoon},
      {"bid", kBid},       {"stopping", kSoon}, {"rejected", kBad},
  }};
  std::size_t first = std::string::npos;  // the first word that has a colour
  std::pair<std::string_view, std::string_view> found;
  const std::string ended = line + " ";
  for (const auto& word : kWords) {
    const auto at = ended.find(fmt::format(" {} ", word.first));
    if (at >= first) continue;
    first = at;
    found = word;
  }
  if (first == std::string::npos) return line;
  // The price of a rung belongs to its side.
  const auto& [word, colour] = found;
  std::size_t end = first + 1 + word.size();
  if (word == "ask" || word == "bid") {
    end = line.find_first_not_of(' ', end);
    end = line.find(' ', std::min(end, line.size()));
  }
  end = std::min(end, line.size());
  return fmt::format("{}{}{}{}{}", line.substr(0, first + 1), colour,
                     line.substr(first + 1, end - first - 1), kPlain, line.substr(end));
}

std::size_t TopView::marked() const {
  return page_ == Page::instruments && !shown_.empty() ? selected_ + 1 : 0;
}

std::string TopView::help() const {
  if (typing_) return fmt::format("filter: {}_   Enter keeps it, Esc drops it", filter_);
  if (page_ == Page::book) return "Esc back   q ends";
  constexpr std::array<std::string_view, 5> kSorts = {"name", "rate", "state", "gaps", "age"};
  std::string out = "1 instruments  2 connections  3 sinks  ";
  if (page_ == Page::instruments) {
    out += fmt::format("/ filter{}  s by {}  Enter book  ",
                       filter_.empty() ? "" : " \"" + filter_ + "\"",
                       kSorts[static_cast<std::size_t>(sort_)]);
  }
  return out + "q ends";
}

}  // namespace mp::cli
