#include "sink/duckdb.hpp"

#include <dlfcn.h>

#include <map>
#include <mutex>

namespace mp::sink {
namespace {

constexpr const char* kFileName = "libduckdb.so";
constexpr std::string_view kHint =
    "run scripts/install-duckdb.sh, put a libduckdb.so of version 1.4.4 next to the program, or "
    "name one (MARKETPRISM_DUCKDB for all, `library` in [sink.parquet] for a sink)";

// "": the loader's own search.
Result<void*> load_library(const DuckdbConfig& config) {
  std::string looked;
  for (const auto& place : duckdb_places(config)) {
    if (void* const library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    std::error_code ignored;
    if (place.has_parent_path() && std::filesystem::exists(place, ignored)) {
      return Error{ErrorKind::config, "cannot load DuckDB: " + std::string{::dlerror()}};
    }
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  return Error{ErrorKind::config, "DuckDB is needed for this and was not found (looked for " +
                                      looked + "): " + std::string{kHint}};
}

Result<void> load_functions(void* library, duck::Api& api) {
  const char* missing = nullptr;
#define MP_DUCKDB_LOAD(name, result, arguments)                                       \
  api.name = reinterpret_cast<decltype(api.name)>(::dlsym(library, "duckdb_" #name)); \
  if (api.name == nullptr && missing == nullptr) missing = "duckdb_" #name;
  MP_DUCKDB_FUNCTIONS(MP_DUCKDB_LOAD)
#undef MP_DUCKDB_LOAD
  if (api.library_version == nullptr) {
    return Error{ErrorKind::config,
                 "the library that was named for DuckDB is not DuckDB: " + std::string{kHint}};
  }
  if (const std::string_view version = api.library_version(); version != kDuckdbVersion) {
    return Error{ErrorKind::config, "DuckDB " + std::string{version} + " was found where " +
                                        std::string{kDuckdbVersion} +
                                        " is needed: " + std::string{kHint}};
  }
  if (missing != nullptr) {
    return Error{ErrorKind::config, "the DuckDB library has no function " + std::string{missing} +
                                        ": " + std::string{kHint}};
  }
  return {};
}

// Several sinks and queries open DuckDB from threads of their own; the loaded table is shared and
// never changes once made. The mutex covers the making.
Result<const duck::Api*> loaded(const DuckdbConfig& config) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, duck::Api> tables;
  const std::lock_guard lock{mutex};
  if (const auto found = tables.find(config.library); found != tables.end()) return &found->second;
  auto library = load_library(config);
  if (!library) return library.error();
  duck::Api api;
  if (auto functions = load_functions(*library, api); !functions) {
    ::dlclose(*library);
    return functions.error();
  }
  return &tables.emplace(config.library, api).first->second;
}

}  // namespace

std::vector<std::filesystem::path> duckdb_places(const DuckdbConfig& config) {
  if (!config.library.empty()) return {config.library};
  std::vector<std::filesystem::path> places;
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    const auto folder = program.parent_path();
    places.push_back(folder / kFileName);
    places.push_back(folder.parent_path() / "lib" / "marketprism" / kFileName);
    // A program that was built stands in build/<preset> or build/<preset>/tests.
    places.push_back(folder.parent_path() / "deps" / "duckdb" / kFileName);
    places.push_back(folder.parent_path().parent_path() / "deps" / "duckdb" / kFileName);
  }
  places.push_back(std::filesystem::path{"build"} / "deps" / "duckdb" / kFileName);
  places.emplace_back(kFileName);
  return places;
}

Result<std::unique_ptr<Duckdb>> Duckdb::open(const DuckdbConfig& config) {
  auto api = loaded(config);
  if (!api) return api.error();
  std::unique_ptr<Duckdb> out{new Duckdb{**api}};

  duck::ConfigHandle* settings = nullptr;
  if ((*api)->create_config(&settings) != duck::kSuccess)
    return Error{ErrorKind::internal, "DuckDB gave no configuration object"};
  const std::pair<const char*, std::string> options[] = {
      {"memory_limit", std::to_string(config.memory_bytes_max) + "B"},
      {"threads", std::to_string(config.threads)},
      {"temp_directory", config.temp_dir.string()},
      {"autoinstall_known_extensions", "false"},  // nothing is ever fetched from the network
      {"autoload_known_extensions", "false"},
  };
  std::string refused;
  for (const auto& [name, value] : options) {
    if ((*api)->set_config(settings, name, value.c_str()) != duck::kSuccess) refused = name;
  }
  char* problem = nullptr;
  duck::DatabaseHandle* database = nullptr;
  const duck::State opened =
      refused.empty() ? (*api)->open_ext(nullptr, &database, settings, &problem) : 1;
  (*api)->destroy_config(&settings);
  if (opened != duck::kSuccess) {
    const std::string why = problem != nullptr ? problem : "it refuses the option " + refused;
    (*api)->free(problem);
    return Error{ErrorKind::config, "cannot open DuckDB: " + why};
  }
  out->database_ = {database, [api = *api](duck::DatabaseHandle* last) { api->close(&last); }};
  if ((*api)->connect(database, &out->connection_) != duck::kSuccess)
    return Error{ErrorKind::internal, "DuckDB gave no connection"};
  // Not an option above: there, 1.4.4 shows the limit and does not keep it.
  const std::string bound = std::to_string(config.temp_bytes_max) + "B";
  if (auto set = out->run("SET max_temp_directory_size = " + sql_text(bound)); !set)
    return set.error();
  return out;
}

Result<std::unique_ptr<Duckdb>> Duckdb::connect() {
  std::unique_ptr<Duckdb> out{new Duckdb{*api_}};
  out->database_ = database_;
  if (api_->connect(database_.get(), &out->connection_) != duck::kSuccess)
    return Error{ErrorKind::internal, "DuckDB gave no connection"};
  return out;
}

Duckdb::~Duckdb() {
  if (connection_ != nullptr) api_->disconnect(&connection_);
}

Result<void> Duckdb::run(const std::string& sql) {
  duck::ResultHandle result{};
  const duck::State state = api_->query(connection_, sql.c_str(), &result);
  Result<void> out;
  if (state != duck::kSuccess) {
    const char* const why = api_->result_error(&result);
    out = Error{ErrorKind::data, why != nullptr ? why : "DuckDB refused a statement"};
  }
  api_->destroy_result(&result);
  return out;
}

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string sql_path(const std::filesystem::path& path) {
  std::string out;
  for (const char c : path.string()) {
    const bool of_patterns = c == '*' || c == '?' || c == '[';
    out.append(of_patterns ? "[" : "").append(1, c).append(of_patterns ? "]" : "");
  }
  return sql_text(out);
}

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

}  // namespace mp::sink
