# The libraries that each layer wraps. One place, so that a dependency's reach is seen at a glance.
function(mp_uses layer)
  get_target_property(type mp_${layer} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(mp_${layer} INTERFACE ${ARGN})
  else()
    target_link_libraries(mp_${layer} PUBLIC ${ARGN})
  endif()
endfunction()

mp_uses(core PkgConfig::zlib)
mp_uses(obs spdlog::spdlog fmt::fmt)
mp_uses(codec simdjson::simdjson PkgConfig::zstd PkgConfig::zlib)
mp_uses(net mp_asio OpenSSL::SSL OpenSSL::Crypto)
mp_uses(journal PkgConfig::xxhash Threads::Threads)
mp_uses(sink PkgConfig::zstd ${CMAKE_DL_LIBS})
# What no header of the layer mentions: who uses the layer is compiled without it.
target_link_libraries(mp_sink PRIVATE ${MP_NATS_LIBRARY} PkgConfig::hiredis PkgConfig::rdkafka
  PkgConfig::mosquitto PkgConfig::zeromq PkgConfig::curl PkgConfig::pq)

mp_message_path(core codec net journal venue book pipeline)

mp_uses(control OpenSSL::Crypto)

mp_cold(config control cli)
mp_compile_together(core obs codec net journal book sink pipeline config control cli)
mp_read_headers_once(mp_venue <venue/support.hpp> <venue/contract_facts.hpp>)

target_compile_definitions(mp_cli PRIVATE MP_VERSION="${PROJECT_VERSION}")
