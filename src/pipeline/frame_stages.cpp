#include "pipeline/frame_stages.hpp"

#include <algorithm>
#include <utility>

#include "obs/heap.hpp"

namespace mp::pipeline {

using obs::Stage;

void FrameStages::start() {
  // Of the thread that runs the feed, which this is for the first time here.
  if (!std::exchange(knows_thread_, true)) allocated_ = obs::allocated_by_thread();
  if (allocated_ != nullptr) allocated_before_ = *allocated_;
  timing_ = true;
  stage_ = Stage::decode;
  spent_.fill(Nanoseconds{-1});  // a stage that the frame did not come to
  spent_[0] = Nanoseconds{0};
  since_ = clock_();
}

Stage FrameStages::turn_to(Stage stage) {
  const auto now = clock_();
  auto& spent = spent_[static_cast<std::size_t>(stage_)];
  spent = std::max(spent, Nanoseconds{0}) + (now - since_);
  since_ = now;
  return std::exchange(stage_, stage);
}

void FrameStages::finish(std::string_view frame, Timestamp ts_recv) {
  (void)turn_to(Stage::decode);
  timing_ = false;
  if (allocated_ != nullptr) times_.allocated_bytes.add(*allocated_ - allocated_before_);
  const obs::StageTimes::Work work{.at = ts_recv, .bytes = frame.size(), .head = frame};
  const auto record = [&](Stage stage, obs::StageTimes& times) {
    const Nanoseconds spent = spent_[static_cast<std::size_t>(stage)];
    if (spent.count() >= 0) times.record(spent, work);
  };
  record(Stage::decode, times_.decode);
  record(Stage::book, times_.book);
  record(Stage::append, times_.append);
}

}  // namespace mp::pipeline
