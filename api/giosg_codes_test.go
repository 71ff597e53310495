package api_test

import "strings"

// giosgCodes are said over giosg's API alone, whose answers are of its own form and have no codes: the description, which
// is of /chat, leaves them out.
var giosgCodes = strings.Fields(`
	auto_resume_invalid chat_not_found domain_invalid domain_taken language_code_invalid main_room organization_suspended permission_missing
	presence_invalid session_id_invalid
	room_not_found too_many_rooms user_not_found
	key_invalid kind_invalid room_key_not_found room_keys_full
	signature_expired signature_invalid signature_missing signing_algorithm_invalid
	goal_not_found id_invalid identifier_invalid identifier_not_found too_many_goals visitor_missing
	value_invalid variable_not_found variables_invalid variables_too_many
`)
