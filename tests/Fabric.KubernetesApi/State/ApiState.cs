using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>
/// Objects of the Kubernetes API with kube-apiserver's rules, in memory: versions, conflicts, subresources, selectors, pages,
/// watches, patches, field ownership, and custom kinds with their schemas.
/// </summary>
/// <remarks>
/// <para>
/// What it answers was compared with kube-apiserver 1.26; KubernetesApiContract holds both to it. What is left out: deletion of
/// namespaces and garbage collection, admission but for what is named in <see cref="BuiltInKinds"/>, the schemas of built-in
/// kinds (their unknown fields are kept), conversion between versions, and what <see cref="FieldOwnership"/> says.
/// </para>
/// <para>Any thread may call. Nothing here waits, takes time but from its TimeProvider, or draws a random number.</para>
/// </remarks>
/// <param name="newUid">Null: uids are counted, the same in each run.</param>
public sealed partial class ApiState(TimeProvider time, Func<string>? newUid = null)
{
    /// <summary>The most bytes of an object: etcd's <c>--max-request-bytes</c> as it is by default.</summary>
    public const int MaxObjectBytes = 1_572_864;

    private readonly Lock _lock = new();
    private readonly List<Change> _history = [];
    private readonly List<ApiWatch> _watches = [];
    private Stored _now = Stored.Empty;
    private Stored _compacted = Stored.Empty;
    private ImmutableArray<ApiKind> _kinds = BuiltInKinds.All;
    private long _compactedAt = 1;
    private long _uids;

    /// <summary>The version of the newest write of any object.</summary>
    public long Revision { get; private set; } = 1;

    /// <summary>Compacts by itself what is older than so many writes, so that long runs hold no more; null: never.</summary>
    public int? MostHistory { get; set; }

    /// <summary>
    /// Records who owns which fields. Without it small writes are three times as fast, and applies conflict with nobody: for simulations
    /// of what does not apply.
    /// </summary>
    public bool TracksOwners { get; init; } = true;

    /// <summary>Each served version of each kind.</summary>
    public ImmutableArray<ApiKind> Kinds
    {
        get
        {
            lock (_lock)
                return _kinds;
        }
    }

    /// <summary>A state with the namespaces that every cluster has.</summary>
    public static ApiState Start(TimeProvider time, Func<string>? newUid = null, bool tracksOwners = true)
    {
        var state = new ApiState(time, newUid) { TracksOwners = tracksOwners };
        foreach (var name in (string[])["default", "kube-node-lease", "kube-public", "kube-system"])
        {
            var made = new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } };
            state.Create(BuiltInKinds.Namespaces, null, made, WriteOptions.None);
        }
        return state;
    }

    /// <summary>Null: it is not served, for example because its CRD is not there.</summary>
    public ApiKind? Find(string group, string version, string plural) =>
        Kinds.FirstOrDefault(kind => kind.Group == group && kind.Version == version && kind.Plural == plural);

    /// <summary>One object; the caller may change it.</summary>
    /// <exception cref="ApiStatusException"/>
    public JsonObject Get(ApiKind kind, string? ns, string name)
    {
        lock (_lock)
            return Shown(kind, Existing(kind, new ObjectKey(ns, name)));
    }

    /// <summary>One page.</summary>
    /// <exception cref="ApiStatusException"/>
    public ApiList List(ApiKind kind, ListOptions options)
    {
        var selector = Selector.Parse(kind, options);
        lock (_lock)
        {
            var (revision, after) = WhereToList(options);
            var all = At(revision)[kind].Where(pair => after is null || string.CompareOrdinal(pair.Key.Path, after) > 0);
            var matching = all.Where(pair => selector.Matches(pair.Key, pair.Value)).ToList();
            if (options.ResourceVersion == "0" && options.Continue is null)
            {
                // kube-apiserver's cache gives all at once and in no order; this one is the same each time and surely no order of names.
                matching.Reverse();
                options = options with { Limit = 0 };
            }
            var page = options.Limit > 0 && matching.Count > options.Limit ? matching[..options.Limit] : matching;
            var more = page.Count < matching.Count;
            return new ApiList(
                [.. page.Select(pair => Shown(kind, pair.Value))], revision, more ? ContinueFrom(revision, page[^1].Key) : null,
                more && selector.IsEverything ? matching.Count - page.Count : null);
        }
    }

    /// <summary>
    /// Forgets versions before <paramref name="revision"/>, as etcd's compaction does: pages and watches from there are Expired.
    /// </summary>
    public void Compact(long revision)
    {
        lock (_lock)
        {
            revision = Math.Min(revision, Revision);
            if (revision <= _compactedAt)
                return;
            var gone = _history.FindLastIndex(change => change.Revision <= revision);
            if (gone >= 0)
            {
                _compacted = _history[gone].All;
                _history.RemoveRange(0, gone + 1);
            }
            _compactedAt = revision;
        }
    }

    private (long Revision, string? After) WhereToList(ListOptions options)
    {
        var version = options.ResourceVersion is { Length: > 0 } given ? ParseVersion(given) : (long?)null;
        if (options.Continue is { Length: > 0 } token)
        {
            if (version is > 0)
                throw ApiStatusException.BadRequest("specifying resource version is not allowed when using continue");
            var (revision, after) = ParseContinue(token);
            return (revision < 0 ? Revision : Readable(revision), after);
        }
        if (version > Revision)
            throw TooLargeVersion(version.Value);
        return (options.IsExactVersion && version is > 0 ? Readable(version.Value) : Revision, null);
    }

    private long Readable(long revision) => revision >= _compactedAt
        ? revision
        : throw ApiStatusException.Expired("The provided continue parameter is too old to display a consistent list result. "
            + "You can start a new list without the continue parameter.");

    private ApiStatusException TooLargeVersion(long version) =>
        new(504, "Timeout", $"Timeout: Too large resource version: {version}, current: {Revision}",
            new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject
                {
                    ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version",
                }),
                ["retryAfterSeconds"] = 1,
            });

    private Stored At(long revision)
    {
        if (revision >= Revision)
            return _now;
        var last = _history.FindLastIndex(change => change.Revision <= revision);
        return last < 0 ? _compacted : _history[last].All;
    }

    private JsonObject Existing(ApiKind kind, ObjectKey key) =>
        _now[kind].GetValueOrDefault(key) ?? throw ApiStatusException.NotFound(kind, key.Name);

    /// <summary>A copy in the version that was asked for; kinds of several versions are stored as they came.</summary>
    private static JsonObject Shown(ApiKind kind, JsonObject stored)
    {
        var copy = (JsonObject)stored.DeepClone();
        copy["apiVersion"] = kind.ApiVersion;
        return copy;
    }

    /// <summary>The token has kube-apiserver's form, for who looks into it.</summary>
    private static string ContinueFrom(long revision, ObjectKey last)
    {
        var token = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = revision, ["start"] = last.Path };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(token.ToJsonString())).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    private static (long Revision, string After) ParseContinue(string token)
    {
        try
        {
            var padded = token.Replace('-', '+').Replace('_', '/').PadRight((token.Length + 3) / 4 * 4, '=');
            if (JsonNode.Parse(Convert.FromBase64String(padded)) is JsonObject parsed)
                return (parsed["rv"]!.GetValue<long>(), parsed["start"]!.GetValue<string>());
        }
        catch (Exception exception) when (exception is FormatException or System.Text.Json.JsonException or InvalidOperationException
            or NullReferenceException)
        {
            throw ApiStatusException.BadRequest($"invalid continue token: continue key is not valid: {exception.Message}");
        }
        throw ApiStatusException.BadRequest("invalid continue token: continue key is not valid: it is no object");
    }

    private static long ParseVersion(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version <= long.MaxValue
            ? (long)version
            : throw ApiStatusException.Unforeseen(
                $"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");
}

/// <summary>A page of a list.</summary>
/// <param name="RemainingItemCount">Null: this is the last page, or a selector hides how many there are.</param>
public sealed record ApiList(ImmutableArray<JsonObject> Items, long Revision, string? Continue, int? RemainingItemCount);

/// <summary>What to list or to watch.</summary>
/// <param name="IsExactVersion"><c>resourceVersionMatch=Exact</c>.</param>
public sealed record ListOptions(
    string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null, int Limit = 0, string? Continue = null,
    string? ResourceVersion = null, bool IsExactVersion = false);

/// <summary>Who writes.</summary>
/// <param name="FieldManager">Who owns the fields then.</param>
/// <param name="Force">Of an apply: take what others own.</param>
public sealed record WriteOptions(string FieldManager = "unknown", bool Force = false, bool IsDryRun = false)
{
    public static WriteOptions None { get; } = new();
}
