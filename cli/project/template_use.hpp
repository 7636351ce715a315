// A service that is made from a template.
#pragma once

#include "project/project.hpp"

namespace saasctl::project {

// Reads templates/NAME below `folder` and fills its holes from the service's `with`; in verbatim mode a variable there
// counts as not set, because a Dockerfile cannot hold it. An unknown template, unfilled, unknown or wrongly filled
// holes go to `diagnostics`; absent: there is no such template.
std::optional<TemplateUse> use_template(const std::filesystem::path& folder, const std::string& service,
                                        const stack::Service& spec, declare::Mode mode, yaml::Diagnostics& diagnostics);

// The text of a file of templates/ that an entry of `render` is made from; "" when it cannot be read, which goes to
// `diagnostics`.
std::string read_extra_template(const std::filesystem::path& folder, const declare::Word& name,
                                yaml::Diagnostics& diagnostics);

// The folder of a service made from a template, relative to the stack file: its files are written there.
std::string service_folder(const std::string& service);

// The build of such a service: the stack file's folder is the context, so that services share code.
stack::Build template_build(const std::string& service);

}  // namespace saasctl::project
