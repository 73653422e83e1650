/**
 * The rules of `src/rotation/`, in Lua, for one record that is a Redis hash. Functions are named after
 * the Rust functions that they mirror; a differential test holds the two against each other.
 *
 * `KEYS[1]`: the record. `ARGV`: its life in milliseconds, the channel that wakes who waits, the time
 * (empty: the server's; tests fix it), then the verb's members as names and values.
 *
 * The first write may be refused for want of memory; nothing has changed then.
 */
export const RECORD_SCRIPT = `
local REPLAY_GRACE, COOL_DOWN, MAX_COOL_DOWN = 60000, 2000, 30000

local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = tonumber(ARGV[3]) or server_time()

local verb = {}
for at = 4, #ARGV, 2 do verb[ARGV[at]] = ARGV[at + 1] end

-- record.rs: Record. Absent members are None or false.
local NUMBERS = {
  generation = true, presented = true, presentedAt = true,
  leaseUntil = true, coolDownUntil = true, failures = true,
}
local record = { generation = 0, presented = 0, presentedAt = 0, failures = 0 }
local stored = {}
local flat = redis.call('HGETALL', KEYS[1])
for at = 1, #flat, 2 do
  local field, text = flat[at], flat[at + 1]
  stored[field] = text
  record[field] = NUMBERS[field] and tonumber(text) or text
end

local wake = false

-- Only what changed is written: an extension does not send the tokens to replicas and to disk again.
local function save()
  local changed, gone = {}, {}
  for field, value in pairs(record) do
    local text = NUMBERS[field] and string.format('%.0f', value) or value
    if stored[field] ~= text then
      changed[#changed + 1] = field
      changed[#changed + 1] = text
    end
  end
  for field in pairs(stored) do
    if record[field] == nil then gone[#gone + 1] = field end
  end
  if #changed > 0 then redis.call('HSET', KEYS[1], unpack(changed)) end
  if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end

local function flag(value)
  return value and 1 or 0
end

-- record.rs: Record::newer_than
local function newer_than(generation)
  return record.tokens and record.generation > generation
end

-- record.rs: Record::held_by_another
local function held_by_another()
  return record.leaseFlight and record.leaseFlight ~= verb.flight and record.leaseUntil > now
end

-- record.rs: Record::held
local function is_held()
  return record.leaseFlight and record.leaseUntil > now
end

-- record.rs: Record::cooling
local function cooling()
  local left = record.coolDownUntil and record.coolDownUntil - now
  return left and left > 0 and left
end

-- record.rs: Record::present
local function present(generation)
  if generation > record.presented then
    record.presented = generation
    record.presentedAt = now
  end
  return generation < record.presented and now - record.presentedAt > REPLAY_GRACE
end

-- record.rs: Record::grant
local function grant()
  local until_ = now + verb.leaseMs
  if record.leaseFlight == verb.flight then
    until_ = math.max(record.leaseUntil, until_)
  elseif record.leaseFlight then
    record.takenOver = '1'
  end
  record.leaseFlight, record.leaseUntil = verb.flight, until_
end

local function drop_lease()
  record.leaseFlight, record.leaseUntil, record.takenOver = nil, nil, nil
  wake = true
end

-- record.rs: Record::release
local function release()
  local own = record.leaseFlight == verb.flight
  if own then drop_lease() end
  return own
end

-- record.rs: Record::give_back
local function give_back()
  local taken_over = record.takenOver
  local own = release()
  if own and taken_over then
    record.leaseFlight, record.leaseUntil, record.takenOver = '', now, '1'
  end
  return own
end

-- record.rs: Record::cool_down
local function cool_down(at_least)
  local pause = math.min(COOL_DOWN * 2 ^ math.min(record.failures, 4), MAX_COOL_DOWN)
  record.failures = record.failures + 1
  record.coolDownUntil = now + math.max(pause, at_least)
end

-- record.rs: Record::put
local function put(generation, tokens)
  record.generation, record.tokens = generation, tokens
  record.coolDownUntil, record.failures = nil, 0
  drop_lease()
end

local function newer(replay)
  return { 'newer', record.generation, record.tokens, flag(replay) }
end

-- verbs.rs: held
local function held()
  return { 'held', record.leaseUntil - now }
end

-- verbs.rs: ended
local function ended(first)
  local tokens = record.tokens or false
  return { 'ended', flag(first), record.generation, tokens, flag(is_held()), flag(record.revoked) }
end

local verbs = {}

-- verbs.rs: claim
function verbs.claim()
  local replay = present(tonumber(verb.presented))
  if record.ended then return ended() end
  if newer_than(tonumber(verb.generation)) then return newer(replay) end
  local left = cooling()
  if left then return { 'coolDown', left } end
  if held_by_another() then return held() end
  if tonumber(verb.generation) < math.max(record.presented, record.generation) then return { 'forgotten' } end
  if not record.tokens then record.generation = math.max(record.generation, tonumber(verb.generation)) end
  grant()
  return { 'granted', flag(record.takenOver), flag(replay) }
end

-- verbs.rs: extend
function verbs.extend()
  if record.leaseFlight ~= verb.flight then return { 'lost' } end
  record.leaseUntil = math.max(now + verb.leaseMs, now)
  return { 'extended' }
end

-- verbs.rs: publish
function verbs.publish()
  local generation = tonumber(verb.generation)
  if record.ended then return ended() end
  if record.tokens and record.generation >= generation then
    release()
    local is_known = record.generation == generation and record.tokens == verb.tokens
    return is_known and { 'published' } or newer()
  end
  put(generation, verb.tokens)
  return { 'published' }
end

-- verbs.rs: fail
function verbs.fail()
  if give_back() and verb.coolDownMs then cool_down(tonumber(verb.coolDownMs)) end
  return { 'released' }
end

-- verbs.rs: end
verbs['end'] = function()
  local first = not record.ended
  if verb.generation and first then
    if newer_than(tonumber(verb.generation)) then return newer() end
    if held_by_another() then return held() end
  end
  record.ended = '1'
  release()
  if verb.revoked == 'true' and not (verb.generation and newer_than(tonumber(verb.generation))) then
    record.revoked = '1'
    record.tokens = nil
  end
  wake = wake or first
  return ended(first)
end

-- verbs.rs: apply, of Verb::Present
function verbs.present()
  local replay = present(tonumber(verb.generation))
  if record.ended then return ended() end
  return { 'noted', flag(replay) }
end

-- verbs.rs: look
function verbs.look()
  if verb.drain == 'true' and is_held() then return held() end
  if record.ended then return ended() end
  if newer_than(tonumber(verb.generation)) then return newer() end
  local left = cooling()
  if left then return { 'coolDown', left } end
  if is_held() then return held() end
  return { 'released' }
end

-- verbs.rs: with
local WITHOUT_RECORD = {
  extend = { 'lost' }, fail = { 'released' }, present = { 'noted', 0 }, look = { 'released' },
}

-- verbs.rs: apply
if #flat == 0 then
  if WITHOUT_RECORD[verb.verb] then return WITHOUT_RECORD[verb.verb] end
  if verb.verb == 'claim' then
    -- record.rs: Record::first_seen
    record.generation, record.presented = tonumber(verb.presented), tonumber(verb.presented)
    record.presentedAt = now
  end
end
local answer = verbs[verb.verb]()
if verb.verb ~= 'look' then save() end
-- Who may not publish still has a store: the others poll.
if wake then redis.pcall('PUBLISH', ARGV[2], '') end
return answer
`;

/** Says what the server does when its memory is full. `INFO` is allowed where `CONFIG` is not. */
export const MEMORY_SCRIPT = `return redis.call('INFO', 'memory')`;
