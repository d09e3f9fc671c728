/* The engine's own call: the request for a token, made of what the token's source describes. */
#ifndef AUTH0_ENGINE_TOKEN_CALL_H
#define AUTH0_ENGINE_TOKEN_CALL_H

#include "engine/state.h"

#pragma GCC visibility push(hidden)

/* Begins it, if the source asks for one. False where it has failed already, because there is no memory: the source
   knows that, and may be asked again. */
bool token_call_begin(struct engine *engine);

bool token_call_is(const struct engine *engine, const struct call *call);

/* It is done: tells the source. */
void token_call_ended(struct engine *engine);

#pragma GCC visibility pop

#endif
