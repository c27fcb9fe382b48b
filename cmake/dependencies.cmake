# What we stand on, each behind one imported target. Versions: THIRD_PARTY.md. System headers, so that their warnings
# are not ours.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(simdjson 3.0 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto)
pkg_check_modules(zeromq REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
find_path(MP_NATS nats/nats.h REQUIRED)
find_library(MP_NATS_LIBRARY nats REQUIRED)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
find_path(MP_TOMLPLUSPLUS toml++/toml.h REQUIRED)
find_path(MP_CLI11 CLI/CLI.hpp REQUIRED)

# The allocator of the program, which tells who holds its memory (src/obs/heap.cpp). Sanitizers have their own.
set(MP_ALLOCATOR "")
if(NOT MP_SANITIZE)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
  set(MP_ALLOCATOR PkgConfig::jemalloc)
endif()

# Asio and Beast compiled once, in src/net/asio.cpp, and only declared elsewhere.
add_library(mp_asio INTERFACE)
target_compile_definitions(mp_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_BEAST_USE_STD_STRING_VIEW
  BOOST_DISABLE_PRAGMA_MESSAGE)  # 1.81 announces that the one before has got another name
target_link_libraries(mp_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
