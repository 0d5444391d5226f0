using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

public sealed partial class ApiState
{
    /// <summary>
    /// Deletes an object, or marks it for deletion while finalizers or a pod's grace period hold it. A pod on a node stays until it
    /// is deleted once more with no grace, which is what its kubelet does.
    /// </summary>
    /// <returns>The Status of success, or the object that is still there.</returns>
    /// <exception cref="ApiStatusException">409: a precondition does not hold.</exception>
    public JsonObject Delete(ApiKind kind, string? ns, string name, DeleteOptions options)
    {
        lock (_lock)
        {
            var key = new ObjectKey(ns, name);
            var before = Existing(kind, key);
            if (kind == BuiltInKinds.Namespaces)
                throw new ApiStatusException(405, "MethodNotAllowed", "this server does not delete namespaces");
            CheckPreconditions(kind, name, before, options);
            var grace = GraceSeconds(kind, before, options);
            if (grace > 0 || Meta.Finalizers(before).Any())
            {
                if (Meta.IsBeingDeleted(before) && Meta.Number(before, "deletionGracePeriodSeconds") <= grace)
                    return Shown(kind, before);
                var after = (JsonObject)before.DeepClone();
                Meta.Set(after, "deletionTimestamp", Meta.Time(time.GetUtcNow().AddSeconds(grace)));
                Meta.Set(after, "deletionGracePeriodSeconds", grace);
                if (kind.HasGeneration)
                    Meta.Set(after, "generation", Meta.Number(before, "generation") + 1);
                if (!options.IsDryRun)
                    Store(kind, key, before, after);
                return Shown(kind, after);
            }
            if (!options.IsDryRun)
                Remove(kind, key, before);
            return Deleted(kind, name, before);
        }
    }

    private static void CheckPreconditions(ApiKind of, string name, JsonObject before, DeleteOptions options)
    {
        // This conflict alone names the kind instead of the resource.
        var kind = of with { Plural = of.Kind };
        if (options.Uid is { } uid && uid != Meta.Text(before, "uid"))
        {
            throw ApiStatusException.Conflict(kind, name, $"the UID in the precondition ({uid}) does not match the UID in record "
                + $"({Meta.Text(before, "uid")}). The object might have been deleted and then recreated");
        }
        if (options.ResourceVersion is { } version && version != Meta.Version(before))
        {
            throw ApiStatusException.Conflict(kind, name, $"the ResourceVersion in the precondition ({version}) does not match the "
                + $"ResourceVersion in record ({Meta.Version(before)}). The object might have been modified");
        }
    }

    private static long GraceSeconds(ApiKind kind, JsonObject before, DeleteOptions options)
    {
        var isRunning = kind == BuiltInKinds.Pods && Meta.At(before, "spec.nodeName") is not null
            && Meta.At(before, "status.phase")?.ToString() is not ("Succeeded" or "Failed");
        return isRunning ? options.GracePeriodSeconds ?? 30 : 0;
    }

    private static bool IsDone(JsonObject value) =>
        Meta.IsBeingDeleted(value) && !Meta.Finalizers(value).Any() && Meta.Number(value, "deletionGracePeriodSeconds") == 0;

    private void Remove(ApiKind kind, ObjectKey key, JsonObject before)
    {
        if (kind == BuiltInKinds.CustomResourceDefinitions)
        {
            // Its objects go first, as kube-apiserver's finalizer of CRDs sees to.
            foreach (var custom in CustomKinds.Of(before).DistinctBy(c => c.Resource))
            {
                foreach (var (itsKey, its) in _now[custom])
                    Store(custom, itsKey, its, null);
            }
        }
        Store(kind, key, before, null);
    }

    private static JsonObject Deleted(ApiKind kind, string name, JsonObject before)
    {
        var details = new JsonObject { ["name"] = name };
        if (kind.Group.Length > 0)
            details["group"] = kind.Group;
        details["kind"] = kind.Plural;
        details["uid"] = Meta.Text(before, "uid");
        return new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details,
        };
    }
}

/// <summary>DeleteOptions (meta/v1), as far as they change something here.</summary>
/// <param name="GracePeriodSeconds">Of a pod on a node; null: 30.</param>
public sealed record DeleteOptions(
    string? Uid = null, string? ResourceVersion = null, long? GracePeriodSeconds = null, bool IsDryRun = false)
{
    public static DeleteOptions None { get; } = new();
}
