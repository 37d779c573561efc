-- What a run of wrk came to, as one line of JSON; with an argument every request is a POST of that many bytes.
function init(args)
  if args[1] then
    wrk.method = "POST"
    wrk.body = string.rep("x", tonumber(args[1]))
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = 'report {"requests":%d,"microseconds":%d,"bytes":%d,"failed":%d,"p50Microseconds":%d}\n'
  local p50 = latency:percentile(50)
  io.write(string.format(line, summary.requests, summary.duration, summary.bytes, failed, p50))
end
