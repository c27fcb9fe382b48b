// L6. ControlRoom: the page, the metrics and the control API of a command that collects.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/desk.hpp"
#include "config/config.hpp"
#include "control/api.hpp"
#include "control/legacy.hpp"

namespace mp::cli {

class ControlRoom {
 public:
  enum class Mode : std::uint8_t { run, demo };
  struct Parts {
    pipeline::Collector& collector;
    const config::Config& config;  // of which the keys are shown
    Mode mode = Mode::run;
    bool reloads = false;  // there is a configuration file to read anew
    bool changes = false;  // what is collected may change
    std::vector<control::Fault> faults{};
  };
  // Opens nothing where the configuration says "none". Where the usual port is taken, a free one
  // does, and the log says so; another one than the usual must be free. What `parts` refers to and
  // `log` outlive it.
  static Result<std::unique_ptr<ControlRoom>> open(Parts parts, obs::Logger& log);

  ~ControlRoom();
  ControlRoom(const ControlRoom&) = delete;
  ControlRoom& operator=(const ControlRoom&) = delete;

  // Where the page is; empty: nowhere.
  [[nodiscard]] std::string url() const { return api_ ? api_->url() : std::string{}; }

  // Somebody asked for the configuration to be read anew (no wish), or for other feeds: who
  // collects does it, by this function, on its own thread.
  using Wish = std::optional<control::FeedWish>;
  using Change = std::function<Desk::Answer(const Wish&)>;
  void change_if_asked(const Change& change);

 private:
  ControlRoom() = default;
  Result<std::vector<std::string>> ask_for(Wish wish);
  Result<void> open_legacy(const Parts& parts, const control::Identity& identity);

  std::filesystem::path data_dir_;
  std::mutex mutex_;
  bool ending_ = false;  // guarded, as the next one: nobody will answer any more
  struct Asked {
    Wish wish;
    std::promise<Desk::Answer> answer;
  };
  std::optional<Asked> asked_;
  std::vector<std::unique_ptr<control::Legacy>> legacy_;
  std::unique_ptr<control::Api> api_;  // the last one: its thread uses the others
};

// What stands above a table: the command, where its page is and where its data lies.
[[nodiscard]] std::string headline(std::string_view command, const ControlRoom& room,
                                   const std::filesystem::path& data_dir);

}  // namespace mp::cli
