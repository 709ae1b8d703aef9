"""The Lua scripts that change a session in Redis: each does all of it or nothing.

A session's keys share a hash tag, so that they live on one node of a cluster:
  {session:<id>}:head    hash: epoch, revision, edit (of that revision), engine, access (version),
                         stored (the stored build's revision), recorded (the newest revision
                         that is in SQL), forgotten (the newest revision whose edit id is no
                         longer remembered), previous and left_at (the epoch before, and where
                         it was left), redone (1: what that one's lost end held is decided),
                         losses (how many edits were given up), seen (when a worker last had it
                         open: milliseconds since 1970)
  {session:<id>}:log     stream: entry <revision>-0 with the change as it goes on the wire and
                         its inverse
  {session:<id>}:build   the stored build with its totals and findings
  {session:<id>}:access  members and roles
  {session:<id>}:ids     sorted set: "<person> <edit id>" by revision
  {session:<id>}:digests hash: "<person> <edit id>" -> digest of its operations, or "lost": it
                         was lost with another log, and may not be made again
  {session:<id>}:losses  hash: "<person> <edit id>" -> what its author is told of it being lost,
                         for a while
  {session:<id>}:line    sorted set: worker by when it asked to be the next to commit
  {session:<id>}:refusal:<person> <edit id>
                         what that edit was refused with, for a while
  {session:<id>}:people  hash: worker -> who is there by it
  {session:<id>}:workers sorted set: worker by when its people expire
  {session:<id>}:hints   sharded channel: what to look for: "<revision>", or "<revision> <worker>"
                         when that worker is the next in line; or a word
Only scripts with an explicit revision append to the log, so it has no gap. Who is there by which
worker is written by a script of `live/people.py`.
"""

_HOLDS = """
-- Whether the log holds this edit at this revision, decided at this time ('0': not known): a log
-- that went back may come to the same edit there, on top of others. At the start of an epoch there
-- may be no entry, and the epoch is proof enough.
local function holds(head, log, revision, edit, at)
  local entry = redis.call('XRANGE', log, revision .. '-0', revision .. '-0')[1]
  if not entry then return redis.call('HGET', head, 'left_at') == revision end
  -- As it is encoded; to decode all of it takes longer than to commit.
  local proof = '"edit":"' .. edit .. '","at":' .. (at == '0' and '' or at .. ',')
  return string.find(entry[2][2], proof, 1, true) ~= nil
end
"""

NOW = """
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
"""

OPEN = (
    NOW
    + """
-- keys: head log build access ids digests hints losses
-- args: epoch revision edit engine access_version build access found previous forgotten, then
--   author, revision and digest of each edit id that is remembered
-- Acts only if the session is absent, or still in the epoch `found` ("" is absent).
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if (epoch or '') ~= ARGV[8] then return 0 end
-- First what a full Redis refuses: then nothing is gone.
redis.call('SET', KEYS[3], ARGV[6])
redis.call('SET', KEYS[4], ARGV[7])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[5], KEYS[6], KEYS[8])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'revision', ARGV[2], 'edit', ARGV[3],
  'engine', ARGV[4], 'access', ARGV[5], 'stored', ARGV[2], 'recorded', ARGV[2],
  'forgotten', ARGV[10], 'previous', ARGV[9], 'left_at', ARGV[2],
  'redone', ARGV[9] == '' and '1' or '0', 'seen', now())
for i = 11, #ARGV, 3 do
  redis.call('ZADD', KEYS[5], ARGV[i + 1], ARGV[i])
  redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 2])
end
redis.call('SPUBLISH', KEYS[7], 'opened')
return 1
"""
)

AGAIN = (
    _HOLDS
    + """
-- keys: head access hints log; args: found epoch previous left_at access_version access edit at
-- What the log holds goes on in another epoch, if it is still in the epoch `found`, and has not
-- gone back further than to `left_at`, where `edit` was; the access only where it is newer:
-- somebody may have come since it was read.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'access')
if head[1] ~= ARGV[1] or not holds(KEYS[1], KEYS[4], ARGV[4], ARGV[7], ARGV[8]) then
  return 0
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'previous', ARGV[3], 'left_at', ARGV[4],
  'recorded', ARGV[4], 'redone', '0')
if tonumber(head[2]) < tonumber(ARGV[5]) then
  redis.call('HSET', KEYS[1], 'access', ARGV[5])
  redis.call('SET', KEYS[2], ARGV[6])
end
redis.call('SPUBLISH', KEYS[3], 'opened')
return 1
"""
)

COMMIT = (
    _HOLDS
    + """
-- keys: head log ids digests hints line, then the refusal of each edit
-- args: epoch revision edit access engine at keep worker urgent stays line_ms, then of each edit:
--   author digest base next_edit change inverse next_engine
-- Each edit was decided on what the one before led to, so it is made only if that one was. The
-- answer is what became of each, up to the first that was not made now.
-- A worker that loses against others time and again is `urgent`: it gets in line, and until it
-- has committed nobody else does. A place in line is lost after line_ms, so that nobody waits
-- for the dead; it gives no right, for what counts is still that the session has not moved.
-- Who `stays` keeps the place for the next edit. Worker "" never waits.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'access', 'engine',
  'forgotten')
local first = false

local function settled(author, refusal, base)
  local known = redis.call('ZSCORE', KEYS[3], author)
  if known then return {'known', known, redis.call('HGET', KEYS[4], author)} end
  refusal = redis.call('GET', refusal)
  if refusal then return {'refused', refusal} end
  if not head[1] then return {'absent'} end
  if tonumber(base) < tonumber(head[6]) then return {'too_old'} end
end

local function hindered()
  local moved = head[1] ~= ARGV[1] or head[2] ~= ARGV[2] or head[3] ~= ARGV[3]
    or head[4] ~= ARGV[4] or not holds(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[6])
  if ARGV[8] ~= '' and (ARGV[9] == '1' or redis.call('EXISTS', KEYS[6]) == 1) then
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now - tonumber(ARGV[11]))
    first = redis.call('ZRANGE', KEYS[6], 0, 0)[1]
    local waits = first and first ~= ARGV[8]
    if waits or (moved and ARGV[9] == '1') then
      -- Behind the last, who may have come in the same millisecond: who was told to wait for
      -- another would be before them, and each would wait for the other.
      local last = redis.call('ZRANGE', KEYS[6], -1, -1, 'WITHSCORES')[2]
      local place = math.max(now, tonumber(last or '0') + 1)
      redis.pcall('ZADD', KEYS[6], 'NX', place, ARGV[8])  -- a full Redis has no line
      redis.call('PEXPIRE', KEYS[6], ARGV[11])
    end
    if waits then return {'waits'} end
  end
  if moved then return {'moved'} end
  if head[5] ~= ARGV[5] then return {'engine'} end
end

local function make(revision, author, digest, edit, change, inverse, engine)
  redis.call('XADD', KEYS[2], revision .. '-0', 'change', change, 'inverse', inverse)
  redis.call('HSET', KEYS[1], 'revision', revision, 'edit', edit, 'engine', engine)
  redis.call('ZADD', KEYS[3], revision, author)
  redis.call('HSET', KEYS[4], author, digest)
  if redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[7]) then
    local oldest = redis.call('ZPOPMIN', KEYS[3])
    redis.call('HDEL', KEYS[4], oldest[1])
    redis.call('HSET', KEYS[1], 'forgotten', oldest[2])
    head[6] = oldest[2]
  end
end

local outcomes, made = {}, false
for i = 1, #KEYS - 6 do
  local author, digest, base, edit, change, inverse, engine =
    unpack(ARGV, 12 + (i - 1) * 7, 11 + i * 7)
  local outcome = settled(author, KEYS[6 + i], base) or (i == 1 and hindered())
  if outcome then
    outcomes[i] = outcome
    break
  end
  made = tostring(tonumber(ARGV[2]) + i)
  make(made, author, digest, edit, change, inverse, engine)
  outcomes[i] = {'done', made}
end
if made then
  local next = false
  if first then
    if ARGV[10] == '0' then redis.call('ZREM', KEYS[6], ARGV[8]) end
    next = redis.call('ZRANGE', KEYS[6], 0, 0)[1]
  end
  redis.call('SPUBLISH', KEYS[5], next and (made .. ' ' .. next) or made)
end
return outcomes
"""
)

LOAD = (
    NOW
    + """
-- keys: head log build access losses; args: how many changes before the stored build
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'engine', 'redone',
  'stored', 'losses')
if not head[1] then return false end
local from = math.max(1, tonumber(head[6]) + 1 - tonumber(ARGV[1]))
return {head, redis.call('GET', KEYS[3]), redis.call('GET', KEYS[4]),
  redis.call('XRANGE', KEYS[2], from .. '-0', '+'), redis.call('HGETALL', KEYS[5]), now()}
"""
)

SINCE = (
    NOW
    + """
-- keys: head log access losses; args: revision access_version losses
-- The entry at `revision` itself comes first: it proves that the history is the same. At the
-- start of an epoch there is none, and the epoch is proof enough.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'access', 'engine', 'left_at',
  'losses')
if not head[1] then return false end
local access, losses = false, false
if head[3] ~= ARGV[2] then access = redis.call('GET', KEYS[3]) end
if (head[6] or '0') ~= ARGV[3] then losses = redis.call('HGETALL', KEYS[4]) end
return {head, access, redis.call('XRANGE', KEYS[2], ARGV[1] .. '-0', '+', 'COUNT', 500), losses,
  now()}
"""
)

REFUSE = (
    _HOLDS
    + """
-- keys: head ids digests refusal log
-- args: author base epoch revision edit access engine refusal ttl_ms at
-- Refuses an edit, if it was not made and the session is still what it was decided on. Then it
-- stays refused: what another worker holds of it is not made later on.
local known = redis.call('ZSCORE', KEYS[2], ARGV[1])
if known then return {'known', known, redis.call('HGET', KEYS[3], ARGV[1])} end
local refusal = redis.call('GET', KEYS[4])
if refusal then return {'refused', refusal} end
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'access', 'engine',
  'forgotten')
if not head[1] then return {'absent'} end
if tonumber(ARGV[2]) < tonumber(head[6]) then return {'too_old'} end
if head[1] ~= ARGV[3] or head[2] ~= ARGV[4] or head[3] ~= ARGV[5] or head[4] ~= ARGV[6]
  or head[5] ~= ARGV[7] or not holds(KEYS[1], KEYS[5], ARGV[4], ARGV[5], ARGV[10]) then
  return {'moved'}
end
redis.call('SET', KEYS[4], ARGV[8], 'PX', ARGV[9])
return {'refused', ARGV[8]}
"""
)

REMEMBERED = (
    _HOLDS
    + """
-- keys: head log ids digests; args: epoch revision edit at, then authors
-- Of a log that led to this edit: the revision of each author's edit, or -1: it is lost; false:
-- it is not remembered.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1]
  or not holds(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[4]) then
  return false
end
local found = {}
for i = 5, #ARGV do
  local revision = redis.call('ZSCORE', KEYS[3], ARGV[i])
  if revision and redis.call('HGET', KEYS[4], ARGV[i]) == 'lost' then revision = '-1' end
  found[i - 4] = revision
end
return found
"""
)

GIVE_UP = (
    NOW
    + _HOLDS
    + """
-- keys: head ids digests losses hints log
-- args: author epoch revision edit access loss ttl_ms base at
-- An edit of a lost log that is refused on this state is not decided again by anybody; its author
-- is told by every worker. It may be made already, by a worker for which it was possible; or so
-- long ago that its id is forgotten.
local known = redis.call('ZSCORE', KEYS[2], ARGV[1])
if known then return {'known', known, redis.call('HGET', KEYS[3], ARGV[1])} end
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'access', 'forgotten')
for i = 1, 4 do
  if head[i] ~= ARGV[i + 1] then return {'moved'} end
end
if not holds(KEYS[1], KEYS[6], ARGV[3], ARGV[4], ARGV[9]) then return {'moved'} end
if tonumber(ARGV[8]) < tonumber(head[5]) then return {'too_old'} end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], 'lost')
local loss = cjson.decode(ARGV[6])
loss.at = now()
redis.call('HSET', KEYS[4], ARGV[1], cjson.encode(loss))
redis.call('PEXPIRE', KEYS[4], ARGV[7])
redis.call('HINCRBY', KEYS[1], 'losses', 1)
redis.call('SPUBLISH', KEYS[5], 'lost')
return {'lost'}
"""
)

REDONE = """
-- keys: head; args: epoch
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'redone', '1')
"""

ENTRIES = """
-- keys: head log
-- Where the log stands and all that it holds.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'previous', 'left_at')
if not head[1] then return false end
return {head, redis.call('XRANGE', KEYS[2], '-', '+')}
"""

STORE = (
    _HOLDS
    + """
-- keys: head log build; args: epoch revision build keep edit at
-- Only forward, and only what this log has led to: it may have gone back while the worker that
-- stores does not know it. Then the log behind it may go.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'stored', 'recorded')
if head[1] ~= ARGV[1] or tonumber(head[3]) >= tonumber(ARGV[2])
  or not holds(KEYS[1], KEYS[2], ARGV[2], ARGV[5], ARGV[6]) then
  return 0
end
redis.call('SET', KEYS[3], ARGV[3])
redis.call('HSET', KEYS[1], 'stored', ARGV[2])
local oldest = math.min(tonumber(ARGV[2]), tonumber(head[2]) - tonumber(ARGV[4]))
oldest = math.min(oldest, tonumber(head[4]))
if oldest > 0 then redis.call('XTRIM', KEYS[2], 'MINID', oldest .. '-0') end
return 1
"""
)

ACCESS = """
-- keys: head access hints; args: version access
-- Only forward: SQL numbers the versions.
local version = redis.call('HGET', KEYS[1], 'access')
if not version or tonumber(version) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[1], 'access', ARGV[1])
redis.call('SPUBLISH', KEYS[3], 'access')
return 1
"""

UNRECORDED = """
-- keys: head log build; args: epoch revision count build
-- The position, then the entry at `revision`, which is in SQL, and those after it; from where
-- the epoch began, when that is the newest of which SQL knows nothing. With the stored build
-- when `build` is 1.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'previous', 'left_at')
if not head[1] then return false end
if head[1] ~= ARGV[1] then return {head} end
return {head, redis.call('XRANGE', KEYS[2], ARGV[2] .. '-0', '+', 'COUNT', ARGV[3]),
  ARGV[4] == '1' and redis.call('GET', KEYS[3])}
"""

RECORDED = (
    _HOLDS
    + """
-- keys: head log; args: epoch revision edit at
-- Only forward within its epoch, and only what this log has led to: it may have gone back while
-- the recorder does not know it, and it is trimmed up to here.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'recorded')
if head[1] ~= ARGV[1] or tonumber(head[2]) >= tonumber(ARGV[2])
  or not holds(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[4]) then
  return 0
end
redis.call('HSET', KEYS[1], 'recorded', ARGV[2])
return 1
"""
)

REMOVE = (
    NOW
    + _HOLDS
    + """
-- keys: head log build access ids digests hints losses line people workers
-- args: epoch revision edit at idle_ms ended
-- A session of which SQL has all up to this position goes, if that is the newest, nothing of it
-- is still to be decided again or told, nobody is there, and no worker had it open for so long;
-- one that is ended goes at once.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'edit', 'redone', 'seen')
if not head[1] then return 'absent' end
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] or (ARGV[3] ~= '' and (head[3] ~= ARGV[3]
  or not holds(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[4]))) then
  return 'moved'
end
local now = now()
if redis.call('ZCOUNT', KEYS[11], now, '+inf') > 0 then return 'people' end
if ARGV[6] == '0' then
  if head[4] ~= '1' or redis.call('EXISTS', KEYS[8]) == 1 then return 'unsettled' end
  if not head[5] then redis.call('HSET', KEYS[1], 'seen', now) end
  if now - tonumber(head[5] or now) < tonumber(ARGV[5]) then return 'seen' end
end
redis.call('DEL', unpack(KEYS))
return 'removed'
"""
)
