package giosg

import (
	"encoding/json"
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) variableRoutes() {
	a.on(http.MethodGet, chat.ResourceVariables, a.variables)
	a.on(http.MethodPost, chat.ResourceVariables, a.setVariable)
	a.on(http.MethodGet, chat.ResourceVariable, a.variable)
	a.on(http.MethodPut, chat.ResourceVariable, a.changeVariable)
	a.on(http.MethodPatch, chat.ResourceVariable, a.changeVariable)
	a.on(http.MethodDelete, chat.ResourceVariable, a.deleteVariable)

	a.onPublic(http.MethodPost, chat.ResourceVariables, a.submitVariables)
	a.onPublic(http.MethodDelete, chat.ResourceVariables, a.removeVariables)
	a.onPublic(http.MethodDelete, chat.ResourceVariable, a.removeVariables)
}

// variables lists what is said of a visitor in a room, by keys.
func (a *API) variables(c *call) error {
	list, err := c.service().Variables(c.Context(), c.principal, c.found.Room, c.found.VisitorID)
	if err != nil {
		return err
	}
	return listedByKey(c, list, func(v models.VisitorVariable) string { return v.Key }, c.variableJSON)
}

func (c *call) variableJSON(v models.VisitorVariable) any {
	return VariableJSON(v, c.found.Room, c.found.Organization)
}

func (a *API) variable(c *call) error {
	v, err := c.service().Variable(c.Context(), c.principal, c.found.Room, c.found.VisitorID, c.resource.Key)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, c.variableJSON(v))
}

// setVariable answers 201 for one that was there, too: clients take anything else for a failure.
func (a *API) setVariable(c *call) error {
	var key string
	var value json.RawMessage
	if err := c.need(fields{"key": &key, "value": &value}, "key", "value"); err != nil {
		return err
	}
	v, err := c.service().SetVariable(c.Context(), c.principal, c.found.Room, c.found.VisitorID, key, value)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, c.variableJSON(v))
}

// changeVariable replaces the value, of one that is there.
func (a *API) changeVariable(c *call) error {
	if _, err := c.service().Variable(c.Context(), c.principal, c.found.Room, c.found.VisitorID, c.resource.Key); err != nil {
		return err // before the body is judged
	}
	var value json.RawMessage
	if err := c.need(fields{"value": &value}, "value"); err != nil {
		return err
	}
	v, err := c.service().ChangeVariable(c.Context(), c.principal, c.found.Room, c.found.VisitorID, c.resource.Key, value)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, c.variableJSON(v))
}

func (a *API) deleteVariable(c *call) error {
	err := c.service().DeleteVariable(c.Context(), c.principal, c.found.Room, c.found.VisitorID, c.resource.Key)
	return c.done(http.StatusNoContent, nil, err)
}

// submitted is what a page hears: all that is said of its visitor in the room now.
type submitted struct {
	Variables []any `json:"variables"`
}

// submitVariables takes what a page says of its visitor, signed or not.
func (a *API) submitVariables(c *call) error {
	var sub chat.Submission
	var algorithm *string
	var replace *bool
	if err := c.need(fields{"variables": &sub.Variables, "signing_algorithm": &algorithm, "replace_existing": &replace}, "variables"); err != nil {
		return err
	}
	if algorithm != nil {
		sub.Algorithm = *algorithm
	}
	sub.Replace = replace != nil && *replace
	list, err := c.service().SubmitVariables(c.Context(), c.principal, c.found.Room, c.found.VisitorID, sub)
	if err != nil {
		return err
	}
	answer := submitted{Variables: make([]any, len(list))}
	for i, v := range list {
		answer.Variables[i] = c.variableJSON(v)
	}
	return c.reply(http.StatusCreated, answer)
}

// removeVariables takes away the one that the path names, or all.
func (a *API) removeVariables(c *call) error {
	err := c.service().RemoveVariable(c.Context(), c.principal, c.found.Room, c.found.VisitorID, c.resource.Key)
	return c.done(http.StatusNoContent, nil, err)
}

// need is read for attributes that must be there.
func (c *call) need(into fields, names ...string) error {
	given, err := c.read(into)
	if err != nil {
		return err
	}
	missing := FieldErrors{}
	for _, name := range names {
		if !given[name] {
			missing[name] = []string{"This field is required."}
		}
	}
	if len(missing) > 0 {
		return missing
	}
	return nil
}
