// Debian's libpq.a was built with GSSAPI and LDAP, which have no static libraries there. Neither is used: connections
// are opened with gssencmode=disable and without a service file, so these bodies are never reached through them; if a
// server demanded GSSAPI authentication, it would fail with an ordinary error.
#include <cstddef>

extern "C" {

struct gss_absent;
constexpr unsigned kGssFailure = 13U << 16U;  // RFC 2744, section 3.9.1: GSS_S_FAILURE
constexpr int kLdapFailure = -1;

const gss_absent* GSS_C_NT_HOSTBASED_SERVICE = nullptr;

unsigned gss_acquire_cred() {
  return kGssFailure;
}
unsigned gss_delete_sec_context() {
  return kGssFailure;
}
unsigned gss_display_status() {
  return kGssFailure;
}
unsigned gss_import_name() {
  return kGssFailure;
}
unsigned gss_init_sec_context() {
  return kGssFailure;
}
unsigned gss_release_buffer() {
  return kGssFailure;
}
unsigned gss_release_cred() {
  return kGssFailure;
}
unsigned gss_release_name() {
  return kGssFailure;
}
unsigned gss_unwrap() {
  return kGssFailure;
}
unsigned gss_wrap() {
  return kGssFailure;
}
unsigned gss_wrap_size_limit() {
  return kGssFailure;
}

int ldap_count_entries() {
  return 0;
}
const char* ldap_err2string() {
  return "LDAP is not supported";
}
void* ldap_first_entry() {
  return nullptr;
}
void* ldap_get_values_len() {
  return nullptr;
}
void* ldap_init() {
  return nullptr;
}
int ldap_msgfree() {
  return kLdapFailure;
}
int ldap_result() {
  return kLdapFailure;
}
int ldap_search_st() {
  return kLdapFailure;
}
int ldap_set_option() {
  return kLdapFailure;
}
int ldap_simple_bind() {
  return kLdapFailure;
}
int ldap_unbind() {
  return kLdapFailure;
}
void ldap_value_free_len() {}
}
