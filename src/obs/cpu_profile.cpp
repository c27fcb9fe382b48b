#include "obs/cpu_profile.hpp"

#include <algorithm>
#include <set>

namespace mp::obs {

bool StackCounter::add(const std::string& thread, const std::vector<std::uintptr_t>& frames) {
  auto key = std::pair{thread, frames};
  if (counts_.size() >= kStacksMax && !counts_.contains(key)) return false;
  ++counts_[std::move(key)];
  return true;
}

CpuProfile StackCounter::finish(const Modules& modules, CpuProfile profile) const {
  profile.modules = modules.all();
  std::map<std::uintptr_t, std::size_t> numbers;
  const auto number_of = [&](std::uintptr_t address) {
    const auto [known, is_new] = numbers.try_emplace(address, profile.places.size());
    if (is_new) {
      const auto* const module = modules.module_of(address);
      profile.places.push_back(
          {.address = address,
           .module = module == nullptr ? profile.modules.size()
                                       : static_cast<std::size_t>(module - modules.all().data()),
           .function = modules.place_of(address).function});
    }
    return known->second;
  };
  for (const auto& [key, count] : counts_) {
    ProfileStack stack{.thread = key.first, .places = {}, .samples = count};
    for (const auto address : key.second) stack.places.push_back(number_of(address));
    profile.samples += count;
    profile.stacks.push_back(std::move(stack));
  }
  return profile;
}

CallNode call_tree(const CpuProfile& profile, const WhichThreads& which) {
  CallNode root{.name = "all", .calls = {}};
  for (const auto& stack : profile.stacks) {
    if (which && !which(stack.thread)) continue;
    root.total += stack.samples;
    CallNode* node = &root;
    const auto descend = [&](const std::string& name) {
      node = &node->calls[name];
      node->name = name;
      node->total += stack.samples;
    };
    descend(stack.thread);
    for (auto place = stack.places.rbegin(); place != stack.places.rend(); ++place)
      descend(profile.places[*place].function);
    node->self += stack.samples;
  }
  return root;
}

Hottest hottest_of(const CpuProfile& profile, const WhichThreads& which) {
  // By names alone, whoever called them: one function is often reached by several ways.
  std::map<std::string_view, std::uint64_t> totals;
  std::uint64_t all = 0;
  for (const auto& stack : profile.stacks) {
    if (!which(stack.thread)) continue;
    all += stack.samples;
    std::set<std::string_view> seen;
    for (const auto place : stack.places) seen.insert(profile.places[place].function);
    for (const auto name : seen) totals[name] += stack.samples;
  }
  // Of those with half of the samples, the innermost of a stack that has them.
  Hottest out;
  std::uint64_t most = 0;
  for (const auto& stack : profile.stacks) {
    if (!which(stack.thread) || stack.samples < most) continue;
    for (const auto place : stack.places) {
      const auto& function = profile.places[place].function;
      if (profile.places[place].module != 0 || totals[function] * 2 < all) continue;
      out = {.function = function,
             .share = static_cast<double>(totals[function]) / static_cast<double>(all)};
      most = stack.samples;
      break;
    }
  }
  return out;
}

std::vector<FunctionCount> top_functions(const CpuProfile& profile, std::size_t count) {
  std::map<std::string_view, FunctionCount> all;
  for (const auto& stack : profile.stacks) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < stack.places.size(); ++i) {
      const auto& function = profile.places[stack.places[i]].function;
      auto& counted = all[function];
      counted.function = function;
      if (i == 0) counted.self += stack.samples;
      if (seen.insert(function).second) counted.total += stack.samples;
    }
  }
  std::vector<FunctionCount> out;
  for (auto& [name, counted] : all) out.push_back(std::move(counted));
  std::ranges::sort(out, std::ranges::greater{}, &FunctionCount::self);
  if (out.size() > count) out.resize(count);
  return out;
}

}  // namespace mp::obs
