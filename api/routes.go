package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// Handler serves everything that the server serves.
type Handler struct {
	http.Handler
	engine *gin.Engine
	mounts map[string]http.Handler
	doors  map[string]Door
}

// Mounts lists the paths whose handlers Config names.
func (h *Handler) Mounts() []string { return slices.Sorted(maps.Keys(h.mounts)) }

// Routes lists what is answered outside the mounts and doors, in order: a method and a path whose varying parts have a colon
// or a star before their names, as in "GET /chat/managers/:id". Preflights are left out.
func (h *Handler) Routes() []string {
	var list []string
	for _, r := range h.engine.Routes() {
		if r.Method != http.MethodOptions && !h.isDoors(r.Path) {
			list = append(list, r.Method+" "+r.Path)
		}
	}
	slices.Sort(list)
	return list
}
