/**
 * Each one step on the server. KEYS, all of one user and so of one slot: what is known of the run (hash), its frames (stream, `seq` is the id), the user's
 * running runs by the end of their lease (sorted set), and all kept ones by their beginning (sorted set). Time is the server's own, so that the clocks of
 * instances need not agree. Every key is given its end again with every step that writes.
 */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * ARGV: request id, generation, fingerprint, owner, lease ms, kept ms, running at once, kept at once, characters at once, prefix of the user's runs.
 * Gives `begun`, `known`, `reused` or `busy`.
 */
const claim = `${now}
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'state', 'again', 'lease', 'wanted')
if known[1] then
  if known[1] ~= ARGV[3] then return 'reused' end
  local dead = known[2] == 'running' and tonumber(known[4]) <= now and not known[5]
  if not dead and known[3] ~= '1' then return 'known' end
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then return 'busy' end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'fingerprint', ARGV[3], 'owner', ARGV[4], 'state', 'running', 'last', 0, 'size', 0, 'lease', now + ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[3], now + ARGV[5], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
redis.call('ZADD', KEYS[4], now, ARGV[1])
redis.call('PEXPIRE', KEYS[4], ARGV[6])
local count, size = 0, 0
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[4], 0, -1)) do
  local run = ARGV[10] .. id
  local kept = redis.call('HMGET', run, 'state', 'size')
  if not kept[1] then
    redis.call('ZREM', KEYS[4], id)
  else
    count = count + 1
    size = size + kept[2]
    if kept[1] ~= 'running' and (count > tonumber(ARGV[8]) or size > tonumber(ARGV[9])) then
      redis.call('DEL', run, run .. ':frames')
      redis.call('ZREM', KEYS[4], id)
    end
  end
end
return 'begun'`;

/**
 * ARGV: request id, generation, fingerprint, owner, lease ms, kept ms, state when complete or '', again, seq of the first frame, seq of the last of all, frames.
 * Without frames it is a sign of life. Frames that are there already are passed over, and none is taken that would leave a gap. A run that the server has
 * lost, or that began while it was away, is there again afterwards, also in the place of one that may be begun anew. Gives the seq of the last frame kept, or -1 when the run is no longer this
 * generation's or has ended otherwise, and whether somebody wants it cancelled.
 */
const append = `${now}
local run = redis.call('HMGET', KEYS[1], 'generation', 'state', 'last', 'wanted', 'buried', 'size', 'again', 'fingerprint', 'lease')
if run[1] and run[1] ~= ARGV[2] then
  local dead = run[2] == 'running' and tonumber(run[9]) <= now and not run[4]
  if run[8] ~= ARGV[3] or not (dead or run[7] == '1') then return { -1, 0 } end
  redis.call('DEL', KEYS[1])
  run = {}
end
if run[5] then return { -1, 0 } end
if run[1] and run[2] ~= 'running' then return { tonumber(run[3]) == tonumber(ARGV[10]) and tonumber(run[3]) or -1, 0 } end
local last, size = tonumber(run[3] or 0), tonumber(run[6] or 0)
if not run[1] then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'fingerprint', ARGV[3], 'owner', ARGV[4], 'state', 'running')
  redis.call('ZADD', KEYS[4], now, ARGV[1])
end
local before = last
for at = 11, #ARGV do
  local seq = ARGV[9] + at - 11
  if seq == last + 1 then
    redis.call('XADD', KEYS[2], string.format('%d-0', seq), 'f', ARGV[at])
    last = seq
    size = size + #ARGV[at]
  end
end
redis.call('HSET', KEYS[1], 'last', last, 'size', size, 'lease', now + ARGV[5])
local ended = ARGV[7] ~= '' and last == tonumber(ARGV[10])
if ended then
  redis.call('HSET', KEYS[1], 'state', ARGV[7], 'again', ARGV[8])
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], now + ARGV[5], ARGV[1])
end
for at = 1, 4 do redis.call('PEXPIRE', KEYS[at], ARGV[6]) end
if last > before or ended then redis.call('PUBLISH', KEYS[2], last) end
return { last, run[4] and 1 or 0 }`;

/** ARGV: request id, generation, seq that the frame has, the frame, state, again, kept ms. Ends a run whose lease is over; gives whether it did. */
const bury = `${now}
local run = redis.call('HMGET', KEYS[1], 'generation', 'state', 'last', 'lease')
if run[1] ~= ARGV[2] or run[2] ~= 'running' or run[3] + 1 ~= tonumber(ARGV[3]) or tonumber(run[4]) > now then return 0 end
redis.call('XADD', KEYS[2], ARGV[3] .. '-0', 'f', ARGV[4])
redis.call('HSET', KEYS[1], 'last', ARGV[3], 'state', ARGV[5], 'again', ARGV[6], 'buried', 1)
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('PUBLISH', KEYS[2], ARGV[3])
return 1`;

/** ARGV: what the owner is told, prefix of the owners' channels. Notes that a running run shall be cancelled, and tells its owner. */
const cancel = `
local run = redis.call('HMGET', KEYS[1], 'state', 'owner')
if run[1] ~= 'running' then return 0 end
redis.call('HSET', KEYS[1], 'wanted', 1)
redis.call('PUBLISH', ARGV[2] .. run[2], ARGV[1])
return 1`;

/** Gives what is known of the run, the ms its lease lasts, and its frames after ARGV[1]; nil where there is none. */
const read = `${now}
local run = redis.call('HMGET', KEYS[1], 'generation', 'state', 'again', 'wanted', 'lease')
if not run[1] then return nil end
local frames = {}
for at, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+')) do frames[at] = entry[2][2] end
return { run[1], run[2], run[3] or '0', run[4] or '0', run[5] - now, frames }`;

export const scripts = { claim, append, bury, cancel, read } as const;
