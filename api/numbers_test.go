package api_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		evil := h.Manager(h.Org, `=HYPERLINK("http://evil.example","Eve")`)
		h.onDuty(evil)
		bearer := []string{"Authorization", "Bearer " + h.token(h.anna)}
		opened := h.post("/chat/service/v1", nil).conversation()
		h.post(fmt.Sprintf("/chat/conversation/%d", opened), url.Values{"content": {"Hello"}}, "Authorization", "Bearer "+h.token(evil))
		today := time.Now().UTC().Format(time.DateOnly)

		a := h.do(http.MethodGet, "/chat/numbers?by=day&tz=Asia/Kolkata", nil, bearer...)
		rows, _ := a.body["rows"].([]any)
		if a.StatusCode != http.StatusOK || len(rows) != 7 || a.body["time_zone"] != "Asia/Kolkata" || a.body["by"] != "day" ||
			a.body["group"] != "none" || a.body["manager_id"] != nil || !strings.Contains(a.body["from"].(string), "T00:00:00+05:30") ||
			a.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", a.StatusCode, a.raw)
		}
		first, last := rows[0].(map[string]any), rows[6].(map[string]any)
		response := last["first_response"].(map[string]any)
		if last["conversations"] != 1.0 || last["answered"] != 1.0 || response["count"] != 1.0 || response["median_ms"] == nil || last["load"].(map[string]any)["peak"] != 1.0 {
			t.Errorf("today %v", last)
		}
		response = first["first_response"].(map[string]any)
		if median, there := response["median_ms"]; !there || median != nil || fmt.Sprint(first["ratings"]) != "map[average:<nil> count:0 distribution:[0 0 0 0 0]]" {
			t.Errorf("a day without anything %v", first)
		}

		for name, ask := range map[string][]string{
			"by its format": {"/chat/numbers?by=hour&group=manager&format=csv&from=" + today},
			"by Accept":     {"/chat/numbers?by=hour&group=manager&from=" + today, "Accept", "text/csv"},
		} {
			a := h.do(http.MethodGet, ask[0], nil, append(ask[1:], bearer...)...)
			if a.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.Contains(a.Header.Get("Content-Disposition"), ".csv") ||
				!strings.Contains(a.raw, "\r\n") {
				t.Errorf("%s: %v %s", name, a.Header, a.raw)
			}
			table, err := csv.NewReader(strings.NewReader(a.raw)).ReadAll()
			if err != nil || len(table) != 2 || len(table[0]) != 27 || table[0][3] != "manager_name" {
				t.Fatalf("%s: %v, %v", name, table, err)
			}
			if row := table[1]; row[2] != fmt.Sprint(evil.ID) || row[3] != "'"+evil.Name || row[4] != "1" || row[14] == "" || row[16] != "" || row[26] != "1" {
				t.Errorf("%s: %q", name, row)
			}
		}

		for path, code := range map[string]string{
			"?by=minute": "by_invalid", "?tz=Nowhere": "time_zone_invalid", "?group=team": "group_invalid", "?format=xml": "format_invalid",
			"?from=2026-13-01": "from_invalid", "?manager_id=x": "manager_id_invalid", "?manager_id=-1": "manager_id_invalid",
			"?from=2026-02-02&to=2026-02-01": "range_invalid",
		} {
			h.do(http.MethodGet, "/chat/numbers"+path, nil, bearer...).wantError(t, http.StatusBadRequest, code)
		}
		h.do(http.MethodGet, "/chat/numbers?from=2020-01-01&to=2026-01-01", nil, bearer...).wantError(t, http.StatusUnprocessableEntity, "range_too_long")
		h.do(http.MethodGet, "/chat/numbers?manager_id=987654", nil, bearer...).wantError(t, http.StatusNotFound, "manager_not_found")
		h.do(http.MethodGet, "/chat/numbers", nil).wantError(t, http.StatusUnauthorized, "token_missing")
		hers := []string{"Authorization", "Bearer " + h.token(h.boris)}
		h.do(http.MethodGet, "/chat/numbers", nil, hers...).wantError(t, http.StatusForbidden, "forbidden")
		h.do(http.MethodGet, "/chat/numbers/now", nil, hers...).wantError(t, http.StatusForbidden, "forbidden")
		if a := h.do(http.MethodGet, fmt.Sprintf("/chat/numbers?manager_id=%d", h.boris.ID), nil, hers...); a.StatusCode != http.StatusOK || a.body["manager_id"] != float64(h.boris.ID) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}

		a = h.do(http.MethodGet, "/chat/numbers/now", nil, bearer...)
		managers, _ := a.body["managers"].([]any)
		if a.StatusCode != http.StatusOK || a.body["open"] != 1.0 || a.body["on_duty"] != 1.0 || a.body["waiting"] != 0.0 || a.body["longest_wait_ms"] != nil || len(managers) != 4 {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
	})
}
