package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestSearch(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		for i, text := range []string{"Где мой заказ?", "О заказах больше ни слова 🎉 заказ", "nothing"} {
			c := h.Conversation(int64(i+1), fmt.Sprint("v", i), h.anna, nil)
			h.Message(c, func(m *models.Message) { m.Content, m.CreatedAt = text, models.Time(1000*(i+1)) })
		}
		indexer := chat.NewIndexer(h, slog.New(slog.DiscardHandler))
		for more := true; more; {
			var err error
			if more, err = indexer.Index(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		bearer := []string{"Authorization", "Bearer " + h.token(h.anna)}
		path := "/chat/search?q=" + url.QueryEscape("заказы")
		a := h.do("GET", path+"&limit=1", nil, bearer...)
		if a.StatusCode != 200 || !strings.Contains(a.raw, `"highlights":[[2,7],[28,5]]`) || !strings.Contains(a.raw, `"kind":"message"`) || !strings.Contains(a.raw, `"id":2,`) {
			t.Fatalf("%d %s", a.StatusCode, a.raw)
		}
		next, _ := a.body["next"].(string)
		if a = h.do("GET", path+"&limit=1&cursor="+next, nil, bearer...); a.StatusCode != 200 || !strings.Contains(a.raw, "Где мой заказ") || a.body["next"] != nil {
			t.Errorf("second page: %d %s", a.StatusCode, a.raw)
		}
		if a = h.do("GET", path+"&from=1970-01-01T00:00:02Z&status=open&state=assigned&manager_id=99&tag=x&to=2030-01-01", nil, bearer...); a.StatusCode != 200 || !strings.Contains(a.raw, `"results":[]`) {
			t.Errorf("filters: %d %s", a.StatusCode, a.raw)
		}
		for query, code := range map[string]string{
			"q=": "q_invalid", "q=" + strings.Repeat("x", 201): "q_invalid", "q=%ff": "q_invalid", "q=x&limit=0": "limit_invalid",
			"q=x&cursor=!": "cursor_invalid", "q=x&cursor=LTE": "cursor_invalid", "q=x&status=odd": "status_invalid", "q=x&state=odd": "state_invalid",
			"q=x&from=yesterday": "from_invalid", "q=x&to=0001-01-01": "to_invalid", "q=x&manager_id=-1": "manager_id_invalid",
			"q=x&tag=" + strings.Repeat("x", 2000): "tag_invalid",
		} {
			h.do("GET", "/chat/search?"+query, nil, bearer...).wantError(t, 400, code)
		}
		h.do("GET", path, nil).wantError(t, 401, "token_missing")
	})
}
