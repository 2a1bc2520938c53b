"""What HAProxy cannot say in its configuration: two small Lua actions, each called for few requests."""

HOLD = "hold.lua"
HOLD_SCRIPT = """\
-- Holds a request while no server of a backend is up, for so many seconds at the most.
core.register_action("hold", {"http-req"}, function(txn, backend, seconds)
    for _ = 1, tonumber(seconds) * 20 do
        if tonumber(txn.sf:nbsrv(backend)) > 0 then
            return
        end
        core.msleep(50)
    end
end, 2)
"""
STICKY = "sticky.lua"
STICKY_SCRIPT = """\
-- Reads who calls: txn.sticky is "kind:name:..."; sets txn.caller, or txn.cookie for a caller that needs a cookie.
core.register_action("caller", {"http-req"}, function(txn)
    local kind, name = txn:get_var("txn.sticky"):match("^(%a+):([^:]*):")
    local headers = txn.http:req_get_headers()
    local found
    if kind == "cookie" then
        for _, line in pairs(headers["cookie"] or {}) do
            for key, value in line:gmatch("([^=;%s]+)=([^;]*)") do
                if key == name and not found then
                    found = value:match("^%s*(.-)%s*$")
                end
            end
        end
    else
        local values = headers[name] or {}
        found = values[0] or values[1]
    end
    if found and found ~= "" then
        txn:set_var("txn.caller", found)
    elseif kind == "cookie" then
        txn:set_var("txn.cookie", name)
    end
end)
"""
SCRIPTS = {HOLD: HOLD_SCRIPT, STICKY: STICKY_SCRIPT}
