using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>RFC 7396: objects are merged, null removes, everything else is replaced.</summary>
internal static class MergePatch
{
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                if (target[name] is not JsonObject there)
                    target[name] = there = [];
                Apply(there, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
