#include "stack/verify.hpp"

namespace saasctl::stack {

const Record<Check>& check_record() {
  static const auto record = Record<Check>("check", "One step of the verification plan.")
                                 .key("name", &Check::name, text(), "What holds, as a sentence.", Origin::ours, true);
  return record;
}

}  // namespace saasctl::stack
