# Writes a C++ file (OUT) with the files below DIST, and MORE, as assets (src/control/assets.hpp).
file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(SORT files)
set(blocks "")
set(declared "")
set(rows "")
set(number 0)
function(type_of name out)
  string(REGEX MATCH "[^.]*$" ending "${name}")
  set(types "html=text/html\\\\; charset=utf-8" "js=text/javascript" "css=text/css" "svg=image/svg+xml" "json=application/json"
            "woff2=font/woff2" "txt=text/plain\\\\; charset=utf-8" "png=image/png" "ico=image/x-icon")
  set(found "application/octet-stream")
  foreach(type IN LISTS types)
    if(type MATCHES "^${ending}=(.*)$")
      set(found "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  string(REPLACE "\\" "" found "${found}")
  set(${out} "${found}" PARENT_SCOPE)
endfunction()
foreach(file IN LISTS files ITEMS ":more")
  if(file STREQUAL ":more")
    set(path ${MORE})
    get_filename_component(name ${MORE} NAME)
    set(served "/${name}")
  else()
    set(path ${DIST}/${file})
    set(served "/${file}")
  endif()
  type_of("${served}" type)
  string(APPEND blocks "asm(\".pushsection .rodata\\nmp_asset_${number}:\\n.incbin \\\"${path}\\\"\\nmp_asset_end_${number}:\\n.byte 0\\n.popsection\\n\");\n")
  string(APPEND declared "extern const char mp_asset_${number}[];\nextern const char mp_asset_end_${number}[];\n")
  string(APPEND rows "    {\"${served}\", \"${type}\", {mp_asset_${number}, static_cast<std::size_t>(mp_asset_end_${number} - mp_asset_${number})}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT}.new "// Written by cmake/embed.cmake.
#include \"control/assets.hpp\"

${blocks}
extern \"C\" {
${declared}}

namespace mp::control {

std::span<const Asset> assets() {
  static const Asset kAssets[] = {
${rows}  };
  return kAssets;
}

}  // namespace mp::control
")
file(RENAME ${OUT}.new ${OUT})
