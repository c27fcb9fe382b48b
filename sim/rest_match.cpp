#include "sim/rest_match.hpp"

#include <algorithm>
#include <iterator>

#include "sim/text.hpp"

namespace mp::sim {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "v3", or one digit; a longer number may name something.
bool is_version(std::string_view segment) {
  return segment.starts_with('v') ? is_digits(segment.substr(1))
                                  : segment.size() == 1 && is_digits(segment);
}

std::string without_versions(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/', 1));
    path.remove_prefix(segment.size());
    const bool last = path.empty();  // which names what is asked for
    if (last || !is_version(segment.substr(segment.starts_with('/') ? 1 : 0))) out += segment;
  }
  return out;
}

bool is_word(std::string_view value) {
  return value != "true" && value != "false" &&
         std::ranges::any_of(value, [](char c) { return (c < '0' || c > '9') && c != '.'; });
}

template <class Pairs>
std::vector<std::string_view> values_of(const Pairs& pairs, bool words_only) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs) {
    if (!words_only || is_word(value)) values.push_back(value);
  }
  std::ranges::sort(values);
  return values;
}

std::size_t common(const auto& left, const auto& right) {
  auto both = left;
  both.clear();
  std::ranges::set_intersection(left, right, std::back_inserter(both));
  return both.size();
}

}  // namespace

RestAnswers::Resource RestAnswers::resource_of(std::string_view target) {
  Resource out;
  out.target = target;
  out.path = path_of(target);
  out.plain_path = without_versions(out.path);
  std::string_view rest = target.substr(out.path.size());
  while (rest.size() > 1) {
    rest.remove_prefix(1);  // ? or &
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size());
    const std::string_view key = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(key.size() + 1, pair.size()));
    if (!key.empty()) out.pairs.emplace_back(key, percent_decoded(value));
  }
  std::ranges::sort(out.pairs);
  return out;
}

RestAnswers::RestAnswers(std::vector<RecordedAnswer> answers) {
  for (RecordedAnswer& answer : answers) {
    auto found = std::ranges::find(resources_, answer.target, &Resource::target);
    if (found == resources_.end()) {
      resources_.push_back(resource_of(answer.target));
      found = std::prev(resources_.end());
    }
    found->answers.push_back(std::move(answer));
  }
}

std::optional<RestAnswers::Score> RestAnswers::score(const Resource& recorded,
                                                     const Resource& asked) {
  if (recorded.target == asked.target) return Score{.same_target = true};
  if (recorded.plain_path != asked.plain_path) return std::nullopt;
  const bool same_path = recorded.path == asked.path;
  if (same_path && recorded.pairs == asked.pairs) return Score{.same_pairs = true};
  const auto recorded_words = values_of(recorded.pairs, true);
  const auto asked_words = values_of(asked.pairs, true);
  if (!std::ranges::includes(recorded_words, asked_words) &&
      !std::ranges::includes(asked_words, recorded_words))
    return std::nullopt;
  return Score{.same_path = same_path,
               .pairs = common(recorded.pairs, asked.pairs),
               .values = common(values_of(recorded.pairs, false), values_of(asked.pairs, false))};
}

const RecordedAnswer* RestAnswers::take(std::string_view target) {
  const Resource asked = resource_of(target);
  Resource* best = nullptr;
  std::optional<Score> best_score;
  for (Resource& each : resources_) {
    const auto points = score(each, asked);
    if (points <= best_score) continue;
    best = &each;
    best_score = points;
  }
  if (best == nullptr) return nullptr;
  const RecordedAnswer& answer = best->answers[best->next];
  if (best->next + 1 < best->answers.size()) ++best->next;
  return &answer;
}

}  // namespace mp::sim
