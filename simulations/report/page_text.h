// The files of the page, as they were when the program was built (embed.cmake).
#pragma once

#include <string_view>

namespace assent::simulation {

extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;  // all scripts, one after the other

}  // namespace assent::simulation
