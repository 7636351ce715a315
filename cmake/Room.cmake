# What every target of the tool is compiled with, in one place.
add_library(saasctl_options INTERFACE)
target_compile_options(saasctl_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wextra-semi -Werror
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
# GCC 12 sees overlapping copies in std::string::insert and operator+ where there are none (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(saasctl_options INTERFACE -Wno-restrict)
endif()
# Nor are these warnings about the flow of values to be trusted once the optimiser has inlined the standard library: seen,
# not fatal.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(saasctl_options INTERFACE
    $<$<CONFIG:Release>:-Wno-error=maybe-uninitialized -Wno-error=array-bounds -Wno-error=stringop-overflow
    -Wno-error=stringop-overread -Wno-error=dangling-pointer -Wno-error=nonnull -Wno-error=free-nonheap-object>)
endif()
target_include_directories(saasctl_options INTERFACE "${CMAKE_SOURCE_DIR}/cli")
# A fault ends the program: undefined behaviour that is only printed would leave tests green.
add_library(saasctl_sanitizers INTERFACE)
target_link_libraries(saasctl_options INTERFACE saasctl_sanitizers)
if(SAASCTL_SANITIZE)
  target_compile_options(saasctl_sanitizers INTERFACE -fsanitize=${SAASCTL_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(saasctl_sanitizers INTERFACE -fsanitize=${SAASCTL_SANITIZE})
  # GCC 12 reports false uninitialized variables inside the standard library when sanitizers inline it.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(saasctl_sanitizers INTERFACE -Wno-error=maybe-uninitialized)
  endif()
endif()

# room(NAME USES rooms... LINKS libraries...): one folder of cli/, one static library; USES are the rooms whose headers
# it may include, and tests/rooms_test checks the #include lines against it.
function(room NAME)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_library(saasctl_${NAME} STATIC ${SOURCES})
  list(TRANSFORM ROOM_USES PREPEND saasctl_)
  target_link_libraries(saasctl_${NAME} PUBLIC ${ROOM_USES} PRIVATE saasctl_options PUBLIC ${ROOM_LINKS})
endfunction()
