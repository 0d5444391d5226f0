using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

public sealed partial class ApiState
{
    /// <summary>
    /// Creates each object of the files (YAML or JSON), or puts it in the place of what is there; CRDs are served at once.
    /// </summary>
    /// <param name="ns">Of namespaced objects that name none.</param>
    /// <exception cref="FormatException">A file cannot be read as a manifest; the message names it.</exception>
    /// <exception cref="ApiStatusException">An object is refused, or its kind is not served.</exception>
    public void Load(IEnumerable<string> files, string ns = "default")
    {
        foreach (var file in files)
        {
            try
            {
                LoadText(File.ReadAllText(file), ns);
            }
            catch (FormatException exception)
            {
                throw new FormatException($"{file}: {exception.Message}", exception);
            }
        }
    }

    /// <inheritdoc cref="Load"/>
    public void LoadText(string manifest, string ns = "default")
    {
        foreach (var made in Manifest.Read(manifest))
            Put(made, ns);
    }

    private void Put(JsonObject made, string ns)
    {
        var (apiVersion, name) = (made["apiVersion"]?.ToString() ?? "", Meta.Name(made));
        var kind = Kinds.FirstOrDefault(k => k.ApiVersion == apiVersion && k.Kind == made["kind"]?.ToString())
            ?? throw ApiStatusException.BadRequest(
                $"no matches for kind \"{made["kind"]}\" in version \"{apiVersion}\": load its CRD first");
        var at = kind.IsNamespaced ? Meta.Text(made, "namespace") ?? ns : null;
        lock (_lock)
        {
            if (_now[kind].GetValueOrDefault(new ObjectKey(at, name)) is { } there)
            {
                Meta.Copy(there, made, "resourceVersion");
                Replace(kind, at, name, made, null, new WriteOptions("manifest"));
                return;
            }
        }
        Create(kind, at, made, new WriteOptions("manifest"));
    }
}
