# Writes page_text.cc: the files of the page as C++ literals.
#   cmake -DSOURCE_DIR=... -DSCRIPTS=a.js,b.js -DOUTPUT=page_text.cc -P embed.cmake
function(append_literal name)
  set(text)
  foreach(file IN LISTS ARGN)
    file(READ ${SOURCE_DIR}/${file} content)
    string(APPEND text "${content}")
  endforeach()
  file(APPEND ${OUTPUT} "const std::string_view ${name} = R\"EMBEDDED(${text})EMBEDDED\";\n")
endfunction()

file(WRITE ${OUTPUT} "#include \"simulations/report/page_text.h\"\n\n")
file(APPEND ${OUTPUT} "namespace assent::simulation {\n")
append_literal(kPageHtml page.html)
append_literal(kPageCss page.css)
string(REPLACE "," ";" scripts "${SCRIPTS}")
append_literal(kPageJs ${scripts})
file(APPEND ${OUTPUT} "}  // namespace assent::simulation\n")
