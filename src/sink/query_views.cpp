#include "sink/query_views.hpp"

#include <algorithm>
#include <cerrno>

#include "sink/files.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink/parquet_rows.hpp"

namespace mp::sink {
namespace {

constexpr unsigned kOldLevels = 4;  // venue, instrument, date, file

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// Of a channel that has no files.
std::string no_rows(Channel channel) {
  std::string columns;
  for (const Column& column : parquet_columns(channel)) {
    columns += "NULL::" + std::string{sql_type(column.type)} + " AS " + sql_name(column.name);
    columns += ", ";
  }
  return "SELECT " + columns +
         "NULL::VARCHAR AS type, NULL::VARCHAR AS venue, NULL::DATE AS date WHERE false";
}

std::string list_of(const std::vector<std::string>& files) {
  std::string out = "[";
  for (const std::string& file : files) out += (out.size() > 1 ? ", " : "") + file;
  return out + "]";
}

// Files of before their names said what they have. Their folders hide the channel of a status
// event.
std::string rows_of_old_files(Channel channel, const std::string& files) {
  const auto part = [](const std::string& key) {
    return "url_decode(regexp_extract(filename, '/" + key + "=([^/]*)/', 1))";
  };
  return "SELECT " + part("instrument") + " AS instrument, * EXCLUDE (filename), " +
         sql_text(name_of(channel)) + " AS type, " + part("venue") + " AS venue, CAST(" +
         part("date") + " AS DATE) AS date FROM read_parquet(" + files +
         ", union_by_name = true, hive_partitioning = false, filename = true)";
}

}  // namespace

int QueryViews::open(Place& place) {
  OpenedFile opened = open_file(place.folder, O_RDONLY | O_DIRECTORY);
  place.opened = std::move(opened.fd);
  place.alias = "/proc/self/fd/" + std::to_string(place.opened.value());
  return opened.code;
}

Result<QueryViews> QueryViews::open(const std::filesystem::path& folder, QueryTail tail) {
  QueryViews out{folder, std::move(tail)};
  const int code = open(out.files_in_);
  if (code != 0 && code != ENOENT) return file_error("read", folder, code);
  if (code == 0) {
    auto shared = share_files(folder, Sharing::reads);
    if (!shared) return shared.error();
    out.shared_ = shared.take();
    if (auto listed = out.list(); !listed) return listed.error();
  }
  out.leave_out_what_the_journal_has();
  return out;
}

Result<void> QueryViews::list() {
  const auto list_below = [&](std::size_t channel, std::string_view key, unsigned levels,
                              std::vector<std::filesystem::path>& out) -> Result<void> {
    const std::filesystem::path type = std::string{key} + std::string{kChannelNames[channel]};
    auto files = files_below(files_in_.folder / type, levels);
    if (!files) return files.error();
    for (const auto& file : *files) {
      if (file.extension() == ".parquet") out.push_back(type / file);
    }
    has_files_ = has_files_ || !out.empty();
    return {};
  };
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (auto done = list_below(i, kTypeKey, kTypeLevels, files_[i]); !done) return done;
    if (auto done = list_below(i, kOldTypeKey, kOldLevels, old_files_[i]); !done) return done;
  }
  return {};
}

void QueryViews::leave_out_what_the_journal_has() {
  if (tail_.is_empty()) return;
  std::vector<ParquetName> names;
  for (const auto& files : files_) {
    for (const auto& file : files) {
      if (auto name = ParquetName::parse(file.filename().string())) names.push_back(*name);
    }
  }
  tail_.settle(names);
  for (auto& files : files_) {
    std::erase_if(files, [&](const auto& file) {
      const auto name = ParquetName::parse(file.filename().string());
      return name && tail_.replaces(*name);
    });
  }
}

Result<void> QueryViews::write_tail(const QueryTail::Channels& channels,
                                    const DuckdbConfig& duckdb) {
  if (tail_.is_empty() || channels.none()) return {};
  Place place{.folder = duckdb.temp_dir / ("tail-" + std::to_string(tails_in_.size())),
              .alias = {},
              .opened = {}};
  const auto written = tail_.write(channels, place.folder, duckdb);
  if (!written) return written.error();
  if (const int code = open(place); code != 0) return file_error("read", place.folder, code);
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    for (const auto& file : (*written)[i]) tail_files_[i].push_back(sql_path(place.alias / file));
  }
  tails_in_.push_back(std::move(place));
  return {};
}

std::string QueryViews::sql_of(Channel channel) const {
  const auto at = static_cast<std::size_t>(channel);
  std::vector<std::string> files = tail_files_[at];
  for (const auto& file : files_[at]) files.push_back(sql_path(files_in_.alias / file));
  std::vector<std::string> parts;
  if (!files.empty()) {
    parts.push_back("FROM read_parquet(" + list_of(files) +
                    ", union_by_name = true, hive_partitioning = true, "
                    "hive_types = {'type': VARCHAR, 'venue': VARCHAR, 'date': DATE})");
  }
  files.clear();
  for (const auto& file : old_files_[at]) files.push_back(sql_path(files_in_.alias / file));
  if (!files.empty()) parts.push_back(rows_of_old_files(channel, list_of(files)));
  if (parts.empty()) parts.push_back(no_rows(channel));
  std::string sql = "CREATE VIEW " + sql_name(name_of(channel)) + " AS SELECT *";
  // The channel of a status event is the stream that it is about.
  if (channel != Channel::status) sql += ", " + sql_text(name_of(channel)) + " AS channel";
  sql += " FROM (" + parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) sql += " UNION ALL BY NAME " + parts[i];
  return sql + ")";
}

Result<void> QueryViews::make(Duckdb& database, std::string_view sql, const DuckdbConfig& duckdb) {
  const std::string text = lower(sql);
  QueryTail::Channels wanted;
  for (std::size_t i = 0; i < kChannelCount; ++i)
    wanted.set(i, text.find(kChannelNames[i]) != std::string::npos);
  if (wanted.none()) wanted.set();
  wanted &= ~made_;
  if (auto written = write_tail(wanted, duckdb); !written) return written;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (!wanted.test(i)) continue;
    const auto channel = static_cast<Channel>(i);
    if (auto made = database.run(sql_of(channel)); !made)
      return error_of(channel, made.error().message);
    made_.set(i);
  }
  return {};
}

// DuckDB's sentence does not tell a file that may not be read from one that is damaged.
Error QueryViews::error_of(Channel channel, const std::string& message) const {
  for (const auto& file : files_[static_cast<std::size_t>(channel)]) {
    const OpenedFile opened = open_file(files_in_.folder / file, O_RDONLY);
    if (opened.code != 0) return file_error("read", files_in_.folder / file, opened.code);
  }
  return {ErrorKind::data, "cannot read the Parquet files of the channel " +
                               std::string{name_of(channel)} + " in " + files_in_.folder.string() +
                               ": " + in_our_words(message)};
}

std::string QueryViews::in_our_words(std::string message) const {
  const std::string alias = files_in_.alias.string();
  const std::string ours = files_in_.folder.string();
  for (std::size_t at = 0; (at = message.find(alias + "/", at)) != std::string::npos;
       at += ours.size())
    message.replace(at, alias.size(), ours);
  return message;
}

}  // namespace mp::sink
