# The runtime library and the service programs: static, position-independent executables for an empty file system.

# A static-pie with a run path crashes in the dynamic loader's start-up code.
set(CMAKE_SKIP_RPATH ON)

set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL REQUIRED)
target_link_libraries(OpenSSL::Crypto INTERFACE z zstd)  # Debian builds OpenSSL with both
find_package(PostgreSQL REQUIRED)
find_library(PGCOMMON pgcommon_shlib PATHS /opt/libpq/lib REQUIRED)
find_library(PGPORT pgport_shlib PATHS /opt/libpq/lib REQUIRED)

target_compile_options(service_options INTERFACE
  -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
  -D_GLIBCXX_ASSERTIONS
  -Wno-mismatched-new-delete)  # g++ 14 warns wrongly if it inlines a coroutine's frame into the caller

# Debian's libpq.a with its dependencies, in the order that the linker needs.
add_library(libpq_absences STATIC common/runtime/absent_libraries.cpp)
target_link_libraries(libpq_absences PRIVATE service_options)
add_library(static_libpq INTERFACE)
target_link_libraries(static_libpq INTERFACE
  pq ${PGCOMMON} ${PGPORT} libpq_absences OpenSSL::SSL OpenSSL::Crypto m)

add_library(service_runtime STATIC
  common/runtime/application.cpp common/runtime/authenticator.cpp
  common/runtime/database.cpp common/runtime/emit_span.cpp common/runtime/healthcheck.cpp
  common/runtime/http_client.cpp common/runtime/http_server.cpp common/runtime/postgres.cpp
  common/runtime/redis.cpp common/runtime/resolver.cpp common/runtime/separate_compilation.cpp
  common/runtime/service.cpp common/runtime/span_export.cpp common/runtime/udp_agent.cpp)
target_compile_definitions(service_runtime
  PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_include_directories(service_runtime SYSTEM PUBLIC ${PostgreSQL_INCLUDE_DIRS})
target_link_libraries(service_runtime PUBLIC service_core static_libpq)

add_library(service_tls STATIC common/runtime/tls_client.cpp common/runtime/tls_separate_compilation.cpp)
target_link_libraries(service_tls PUBLIC service_runtime OpenSSL::SSL)

# add_service(NAME SOURCE…): builds the program of one service, with the database code generated for it. Only main.cpp gets the
# version, so a new version recompiles one file.
function(add_service name)
  add_executable(${name} ${ARGN} ${SERVICE_GENERATED_DIR}/db.cpp)
  set_source_files_properties(src/main.cpp PROPERTIES COMPILE_DEFINITIONS SERVICE_VERSION="${SERVICE_VERSION}")
  target_include_directories(${name} PRIVATE ${SERVICE_GENERATED_DIR})
  target_link_libraries(${name} PRIVATE service_runtime)
  target_link_options(${name} PRIVATE -static-pie -Wl,--gc-sections,-z,relro,-z,now)
endfunction()

# The build of an image has the folder of only one service.
file(GLOB service_lists CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*-service/CMakeLists.txt")
foreach(list ${service_lists})
  cmake_path(GET list PARENT_PATH folder)
  add_subdirectory("${folder}")
endforeach()
