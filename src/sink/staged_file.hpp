// L3. A file of lines on its way: written in a folder for staging, complete, durable, renamed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/files.hpp"
#include "sink/line_encoder.hpp"
#include "sink/sink.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

class StagedFile {
 public:
  StagedFile(const Settings& settings, std::filesystem::path path, Compression compression)
      : durable_(settings.durable),
        crash_point_(settings.crash_point),
        path_(std::move(path)),
        encoder_(compression) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool open() const { return file_.open(); }
  // It only wants its rename.
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // written
  [[nodiscard]] const char* suffix() const { return encoder_.suffix(); }

  Result<void> begin(std::string_view header);
  void add(std::string_view lines) { encoder_.write(lines, LineEncoder::End::none, pending_); }
  // Writes what is pending. On a full disk the rest stays pending.
  Written put();
  // Makes it `target`. Rewind: nobody knows what it holds.
  Written finish(const std::filesystem::path& target);

 private:
  Written lose(const Error& error);
  void crash_point(std::string_view place) const {
    if (crash_point_ != nullptr) crash_point_(place);
  }

  const bool durable_;
  const CrashPoint crash_point_;
  const std::filesystem::path path_;
  LineEncoder encoder_;
  Fd file_;
  std::string pending_;  // encoded and not yet written: some megabytes at most
  std::uint64_t bytes_ = 0;
  bool complete_ = false;
  std::filesystem::path moved_to_;  // the folder that wants a sync after that; empty: not moved yet
};

}  // namespace mp::sink
