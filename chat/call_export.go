package chat

import "parley/models"

// exportedCall is what is told of a call to the visitor who wanted it.
type exportedCall struct {
	Kind         models.CallKind  `json:"kind"`
	State        models.CallState `json:"state"`
	OperatorName string           `json:"operator_name"`
	CreatedAt    models.Time      `json:"created_at"`
	AcceptedAt   *models.Time     `json:"accepted_at"`
	EndedAt      *models.Time     `json:"ended_at"`
}

func exportCalls(r Reader, c models.Conversation) ([]exportedCall, error) {
	calls, err := r.Calls(c.ID, maxCalls)
	list := []exportedCall{}
	for _, call := range calls {
		list = append(list, exportedCall{call.Kind, call.State, call.OperatorName, call.CreatedAt, call.AcceptedAt, call.EndedAt})
	}
	return list, err
}
