// What sets one container of a service apart from the service's other ones, in its create body.
#pragma once

#include <vector>

#include "plan/container_body.hpp"
#include "plan/replicas.hpp"

namespace saasctl::plan {

// Number and name of the container in its labels and in the aliases of its networks.
void settle_number(ContainerBody& container, const Replica& replica);

// The number that a create body has in its labels; 1 without one.
unsigned number_in(const Json& body);

// Labels the anonymous volumes that the engine will create with the container, for a mount without a source or a VOLUME
// of the image, with the project and the service: a volume that has lost its container can still be told apart.
// `image` is the image's configuration, or null when it is unknown.
void label_anonymous_volumes(Json& body, const Json* image);

// Data in volumes without a name goes to the container that comes next: each anonymous volume of the old ones is
// mounted where it was, unless the body mounts something there by name.
void inherit_volumes(Json& body, const std::vector<const ObservedContainer*>& old);

}  // namespace saasctl::plan
