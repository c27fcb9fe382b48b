#include "sink/query_views.hpp"

#include <algorithm>
#include <cerrno>

#include "sink/files.hpp"
#include "sink/parquet_rows.hpp"

namespace mp::sink {
namespace {

constexpr unsigned kLevels = 3;  // venue, date, file
constexpr std::string_view kTypeKey = "type=";

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

}  // namespace

Result<QueryViews> QueryViews::open(const std::filesystem::path& folder) {
  QueryViews out{folder};
  OpenedFile opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (opened.code == ENOENT) return out;
  if (opened.code != 0) return file_error("read", folder, opened.code);
  out.opened_ = std::move(opened.fd);
  out.alias_ = "/proc/self/fd/" + std::to_string(out.opened_.value());
  auto shared = share_files(folder, Sharing::reads);
  if (!shared) return shared.error();
  out.shared_ = shared.take();
  if (auto listed = out.list(); !listed) return listed.error();
  return out;
}

Result<void> QueryViews::list() {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const std::filesystem::path type =
        std::string{kTypeKey} + std::string{name_of(static_cast<Channel>(i))};
    auto files = files_below(folder_ / type, kLevels);
    if (!files) return files.error();
    for (const auto& file : *files) {
      if (file.extension() == ".parquet") files_[i].push_back(type / file);
    }
    has_files_ = has_files_ || !files_[i].empty();
  }
  return {};
}

std::string QueryViews::sql_of(Channel channel) const {
  const auto& files = files_[static_cast<std::size_t>(channel)];
  // The channel of a status event is the stream that it is about.
  const bool has_own = channel == Channel::status;
  std::string sql = "CREATE VIEW " + sql_name(name_of(channel)) + " AS SELECT *";
  if (!has_own) sql += ", " + sql_text(name_of(channel)) + " AS channel";
  sql += " FROM ";
  if (files.empty()) return sql + "(" + no_rows(channel) + ")";
  sql += "read_parquet([";
  for (const auto& file : files)
    sql += sql_path(alias_ / file) + (&file == &files.back() ? "" : ", ");
  return sql +
         "], union_by_name = true, hive_partitioning = true, "
         "hive_types = {'type': VARCHAR, 'venue': VARCHAR, 'date': DATE})";
}

Result<void> QueryViews::make(Duckdb& database, std::string_view sql) {
  const std::string text = lower(sql);
  std::array<bool, kChannelCount> wanted{};
  for (std::size_t i = 0; i < kChannelCount; ++i)
    wanted[i] = text.find(kChannelNames[i]) != std::string::npos;
  if (std::ranges::count(wanted, true) == 0) wanted.fill(true);
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (!wanted[i] || made_[i]) continue;
    const auto channel = static_cast<Channel>(i);
    if (auto made = database.run(sql_of(channel)); !made)
      return error_of(channel, made.error().message);
    made_[i] = true;
  }
  return {};
}

// DuckDB's sentence does not tell a file that may not be read from one that is damaged.
Error QueryViews::error_of(Channel channel, const std::string& message) const {
  for (const auto& file : files_[static_cast<std::size_t>(channel)]) {
    const OpenedFile opened = open_file(folder_ / file, O_RDONLY);
    if (opened.code != 0) return file_error("read", folder_ / file, opened.code);
  }
  return {ErrorKind::data, "cannot read the Parquet files of the channel " +
                               std::string{name_of(channel)} + " in " + folder_.string() + ": " +
                               in_our_words(message)};
}

std::string QueryViews::in_our_words(std::string message) const {
  if (alias_.empty()) return message;
  const std::string ours = folder_.string();
  for (std::size_t at = 0; (at = message.find(alias_.string() + "/", at)) != std::string::npos;
       at += ours.size())
    message.replace(at, alias_.string().size(), ours);
  return message;
}

}  // namespace mp::sink
