using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

public sealed partial class ApiState
{
    /// <summary>Creates an object; what the caller gives is not kept.</summary>
    /// <param name="ns">Of the request; an object that names another one is refused.</param>
    /// <exception cref="ApiStatusException"/>
    public JsonObject Create(ApiKind kind, string? ns, JsonObject made, WriteOptions options)
    {
        lock (_lock)
            return CreateLocked(kind, ns, (JsonObject)made.DeepClone(), options, null);
    }

    /// <summary>Puts an object in the place of what is stored, if that is still at its version.</summary>
    /// <param name="subresource">Null or <c>status</c>.</param>
    /// <exception cref="ApiStatusException"/>
    public JsonObject Replace(ApiKind kind, string? ns, string name, JsonObject changed, string? subresource, WriteOptions options)
    {
        lock (_lock)
        {
            var after = (JsonObject)changed.DeepClone();
            CheckSubresource(kind, name, subresource);
            ObjectRules.CheckRequest(kind, ns, name, after);
            ObjectRules.CheckReadable(kind, after, ApiStatusException.BadRequest);
            var key = new ObjectKey(ns, name);
            if (_now[kind].GetValueOrDefault(key) is not { } before)
            {
                if (Meta.Text(after, "uid") is { Length: > 0 } gone)
                    throw OtherUid(kind, name, gone, null);
                if (!kind.IsCreatedByUpdate || subresource is not null)
                    throw ApiStatusException.NotFound(kind, name);
                // As kube-apiserver does, whatever version the object names: only a uid fences a PUT of a lease that is gone.
                Meta.Set(after, "resourceVersion", null);
                return CreateLocked(kind, ns, after, options, null);
            }
            if (Meta.Text(after, "uid") is { Length: > 0 } uid && uid != Meta.Text(before, "uid"))
                throw OtherUid(kind, name, uid, Meta.Text(before, "uid"));
            return Update(kind, key, before, after, subresource, options, null);
        }
    }

    /// <summary>Changes a part of an object.</summary>
    /// <returns>Whether a server-side apply created it.</returns>
    /// <exception cref="ApiStatusException"/>
    public (JsonObject Object, bool IsNew) Patch(
        ApiKind kind, string? ns, string name, PatchRequest patch, string? subresource, WriteOptions options)
    {
        lock (_lock)
        {
            CheckSubresource(kind, name, subresource);
            patch.CheckType(kind);
            var key = new ObjectKey(ns, name);
            var before = _now[kind].GetValueOrDefault(key);
            if (patch.IsApply)
                return Apply(kind, key, before, patch.Read(kind), subresource, options);
            if (before is null)
                throw ApiStatusException.NotFound(kind, name);
            var after = patch.On(before);
            // What a patch makes of an object and cannot be read is the patch's fault: 422 where a PUT is 400.
            ObjectRules.CheckReadable(kind, after, why => ApiStatusException.Invalid(
                kind with { Kind = "" }, "", [FieldFault.Invalid("patch", "object", why)]));
            ObjectRules.CheckRequest(kind, ns, name, after);
            if (Meta.Text(after, "uid") != Meta.Text(before, "uid"))
            {
                throw ApiStatusException.Invalid(
                    kind, name, [FieldFault.Invalid("metadata.uid", $"\"{Meta.Text(after, "uid")}\"", "field is immutable")]);
            }
            return (Update(kind, key, before, after, subresource, options, null), false);
        }
    }

    private (JsonObject, bool) Apply(
        ApiKind kind, ObjectKey key, JsonObject? before, JsonObject applied, string? subresource, WriteOptions options)
    {
        if (applied["apiVersion"]?.ToString() is var version && version != kind.ApiVersion)
        {
            throw ApiStatusException.BadRequest(
                $"Incorrect version specified in apply patch. Specified patch version: {version}, expected: {kind.ApiVersion}");
        }
        if (Meta.Of(applied)?["managedFields"] is not null)
            throw ApiStatusException.BadRequest("metadata.managedFields must be nil");
        if (Meta.Of(applied)?["name"] is null)
            Meta.Set(applied, "name", key.Name);
        var ns = key.Namespace.Length == 0 ? null : key.Namespace;
        ObjectRules.CheckRequest(kind, ns, key.Name, applied);
        if (before is null && subresource is not null)
            throw ApiStatusException.NotFound(kind, key.Name);
        ObjectRules.CheckReadable(kind, applied, why => ApiStatusException.Unforeseen($"failed to convert new object: {why}"));
        if (kind.Schema?.FirstUntyped(applied) is { } untyped)
        {
            throw ApiStatusException.Unforeseen(
                $"failed to create typed patch object (/{key.Name}; {kind.ApiVersion}, Kind={kind.Kind}): {untyped}");
        }
        if (before is null)
            return (CreateLocked(kind, ns, applied, options, FieldOwnership.OfApplied(kind, applied, null)), true);
        if (Meta.Version(applied) is { } wanted && wanted != Meta.Version(before))
            throw ApiStatusException.Modified(kind, key.Name);
        var after = FieldOwnership.Apply(kind, before, applied, subresource, options, out var owned);
        return (Update(kind, key, before, after, subresource, options, owned), false);
    }

    private JsonObject CreateLocked(ApiKind kind, string? ns, JsonObject made, WriteOptions options, FieldSet? applied)
    {
        if (Meta.Version(made) is not null)
            throw ApiStatusException.Unforeseen("resourceVersion should not be set on objects to be created");
        ObjectRules.CheckRequest(kind, ns, null, made);
        ObjectRules.CheckReadable(kind, made, ApiStatusException.BadRequest);
        if (ns is not null && !_now[BuiltInKinds.Namespaces].ContainsKey(new ObjectKey(null, ns)))
            throw ApiStatusException.NotFound(BuiltInKinds.Namespaces, ns);
        if (Meta.Name(made).Length == 0 && Meta.Text(made, "generateName") is { Length: > 0 } prefix)
            Meta.Set(made, "name", prefix + Suffix());
        if (ns is not null)
            Meta.Set(made, "namespace", ns);
        foreach (var given in ObjectRules.GivenByServer)
            Meta.Set(made, given, null);
        if (kind.IsCustom && kind.HasStatus)
            made.Remove("status");
        ObjectRules.Complete(kind, made, applied is not null);
        kind.Prepare?.Invoke(made);
        var name = Meta.Name(made);
        ObjectRules.Validate(kind, name, made, null);
        var key = new ObjectKey(ns, name);
        if (_now[kind].GetValueOrDefault(key) is { } existing)
            throw ApiStatusException.AlreadyExists(kind, name, Meta.IsBeingDeleted(existing));
        Meta.Set(made, "uid", newUid?.Invoke() ?? string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{++_uids:x12}"));
        Meta.Set(made, "creationTimestamp", Meta.Time(time.GetUtcNow()));
        if (kind.HasGeneration)
            Meta.Set(made, "generation", 1L);
        if (TracksOwners)
            FieldOwnership.Record(kind, null, made, null, options, applied, time.GetUtcNow());
        CheckSize(made);
        if (options.IsDryRun)
            return made;
        Store(kind, key, null, made);
        return Shown(kind, made);
    }

    /// <summary>What PUT and all patches have in common: <paramref name="after"/> is what the caller wants there.</summary>
    private JsonObject Update(
        ApiKind kind, ObjectKey key, JsonObject before, JsonObject after, string? subresource, WriteOptions options, FieldSet? applied)
    {
        if (Meta.Version(after) is not { } version)
        {
            if (kind.NeedsVersionToUpdate)
                throw ObjectRules.VersionMissing(kind, key.Name);
        }
        else if (version != Meta.Version(before))
        {
            ParseVersionOfObject(version);
            throw ApiStatusException.Modified(kind, key.Name);
        }
        ObjectRules.KeepWhatIsNotTheirs(kind, before, after, subresource);
        ObjectRules.Complete(kind, after, applied is not null);
        ObjectRules.Validate(kind, key.Name, after, before);
        ObjectRules.CheckFinalizers(kind, key.Name, before, after);
        if (kind.HasGeneration && ObjectRules.IsSpecChanged(kind, before, after))
            Meta.Set(after, "generation", Meta.Number(before, "generation") + 1);
        if (TracksOwners)
            FieldOwnership.Record(kind, before, after, subresource, options, applied, time.GetUtcNow());
        if (JsonNode.DeepEquals(before, after))
            return Shown(kind, before);
        CheckSize(after);
        if (options.IsDryRun)
            return after;
        if (IsDone(after))
        {
            // As kube-apiserver answers: the object without its last finalizer, at the version that it had.
            Remove(kind, key, before);
            return Shown(kind, after);
        }
        Store(kind, key, before, after);
        return Shown(kind, after);
    }

    private static ApiStatusException OtherUid(ApiKind kind, string name, string wanted, string? found) =>
        ApiStatusException.Conflict(kind, name, $"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}");

    internal static void CheckSubresource(ApiKind kind, string name, string? subresource)
    {
        if (subresource is null || subresource == "status" && kind.HasStatus)
            return;
        // Custom kinds have one handler for all their paths, and say that the object is not there.
        throw kind.IsCustom ? ApiStatusException.NotFound(kind, name) : ApiStatusException.NoSuchPath();
    }

    private static void CheckSize(JsonObject value)
    {
        if (JsonSerializer.SerializeToUtf8Bytes(value, Json.Plain).Length > MaxObjectBytes)
            throw ApiStatusException.Unforeseen("etcdserver: request is too large");
    }

    private static void ParseVersionOfObject(string text)
    {
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw ApiStatusException.Unforeseen($"strconv.ParseUint: parsing \"{text}\": invalid syntax");
    }

    /// <summary>Five letters for generateName. Counted rather than drawn, so that each run gives the same names.</summary>
    private string Suffix()
    {
        const string Letters = "bcdfghjklmnpqrstvwxz2456789";
        var number = (_uids + 1) * 7919 % (long)Math.Pow(Letters.Length, 5);
        return string.Create(5, number, static (span, rest) =>
        {
            for (var i = span.Length - 1; i >= 0; i--, rest /= Letters.Length)
                span[i] = Letters[(int)(rest % Letters.Length)];
        });
    }
}
