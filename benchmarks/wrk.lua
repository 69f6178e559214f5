-- Sends prepared requests in turn. The file holds each as its length on a line, then its bytes.
-- Written for watchword's benchmarks; what `done` prints is read by wrk.py.

local requests = {}
local sent = 0
local most = 0

function init(args)
  most = tonumber(args[2])
  local file = assert(io.open(args[1], "rb"))
  for length in function() return file:read("*l") end do
    requests[#requests + 1] = assert(file:read(tonumber(length)))
  end
  file:close()
end

function request()
  sent = sent + 1
  if sent >= most then wrk.thread:stop() end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'watchword-result {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
