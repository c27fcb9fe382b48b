#include "cli/serve_options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

namespace mp::cli {
namespace {

constexpr std::uint32_t kSpeedMax = 1000;

void parse_speed(const std::string& text, std::uint32_t& speed) {
  if (text == "max") {
    speed = 0;
    return;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, speed);
  if (problem == std::errc{} && std::string_view(stop, end) == "x" && speed >= 1 &&
      speed <= kSpeedMax)
    return;
  throw CLI::ValidationError(
      "--speed", "\"" + text + "\" is not a speed; expected max, or 1x to 1000x: so many times " +
                     "the recorded pace");
}

}  // namespace

void add_serving(CLI::App& app, ServeOptions& options) {
  app.add_option_function<std::string>(
         "--speed", [&options](const std::string& text) { parse_speed(text, options.speed); },
         "max, or 1x: as it was recorded (served: 10x and others too) [max]")
      ->type_name("SPEED");
  const char* const group = "Serving";
  app.add_flag("--serve", options.wanted,
               "Serve it over TLS on 127.0.0.1 instead; see the first line of output")
      ->group(group);
  const auto add = [&](const char* name, auto& value, const char* help) {
    return app.add_option(name, value, help)->needs("--serve")->capture_default_str()->group(group);
  };
  add("--port", options.port, "0: a free one")->check(CLI::Range(0, 65535));
  add("--ca-file", options.ca_file, "Where its certificate authority goes");
  add("--faults", options.faults,
      "WHAT@PLACE or WHAT~PROBABILITY[:seed=N], ...: drop, double, "
      "swap, corrupt, delay@N:2s, mute@N:10s, cut, close@N:1001, refuse, http-status@N:429")
      ->type_name("PLAN");
  add("--ledger", options.ledger, "Write what was really sent to this file")->type_name("FILE");
  app.add_option_function<std::string>(
         "--end",
         [&options](const std::string& text) { options.close_at_the_end = text == "close"; },
         "After the last frame: stay, or close [stay]")
      ->check(CLI::IsMember({"stay", "close"}))
      ->needs("--serve")
      ->group(group);
}

void check_not_served(const CLI::App& app, const ServeOptions& options) {
  if (options.speed > 1)
    throw CLI::ValidationError("--speed", "other speeds than max and 1x need --serve");
  if (app.count("--for") > 0) throw CLI::ValidationError("--for", "needs --serve");
}

}  // namespace mp::cli
