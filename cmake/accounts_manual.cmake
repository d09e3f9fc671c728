# Installs the man page and the completions of auth0-accounts, which the command itself makes from the definition of its
# command line. Without argparse, or where the interpreter cannot load the module, they are left out, and that is told.
#   INTERPRETER, MODULES (folder of auth0/core.so), SOURCE, WORK, SHARE (where to, below the prefix)

set(ENV{LUA_PATH} "${SOURCE}/src/?.lua;${SOURCE}/src/?/init.lua;${SOURCE}/lua/?.lua;${SOURCE}/lua/?/init.lua;;")
set(ENV{LUA_CPATH} "${MODULES}/?.so;;")
unset(ENV{LUA_INIT})

function(install_help folder name)
    execute_process(COMMAND ${INTERPRETER} ${SOURCE}/src/auth0_accounts/command.lua help ${ARGN}
        OUTPUT_FILE "${WORK}/${name}" ERROR_VARIABLE told RESULT_VARIABLE code)
    if(code EQUAL 0)
        file(INSTALL "${WORK}/${name}" DESTINATION "${CMAKE_INSTALL_PREFIX}/${SHARE}/${folder}")
    else()
        message(STATUS "Without ${name} of ${folder}: ${code} ${told}")
    endif()
    file(REMOVE "${WORK}/${name}")
    set(CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${WORK}")
install_help(man/man1 auth0-accounts.1 --man)
install_help(bash-completion/completions auth0-accounts --completion bash)
install_help(zsh/site-functions _auth0-accounts --completion zsh)
install_help(fish/vendor_completions.d auth0-accounts.fish --completion fish)
file(REMOVE_RECURSE "${WORK}")
