namespace Fabric.Node;

/// <summary>The options as text, each with where it came from.</summary>
public sealed class RawOptions
{
    private readonly Dictionary<string, (string Text, string Source)> _values = new(StringComparer.Ordinal);

    /// <summary>Merges flags over environment over YAML over defaults. Unknown keys are errors: a typing error must not pass.</summary>
    /// <param name="errors">Gets a sentence for each key that is not an option.</param>
    public static RawOptions Merge(
        IReadOnlyDictionary<string, string> flags,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyDictionary<string, string> yaml,
        string yamlPath,
        ICollection<string> errors)
    {
        var raw = new RawOptions();
        foreach (var spec in NodeOptionSpecs.All)
        {
            if (flags.TryGetValue(spec.Name, out var flag))
                raw._values[spec.Name] = (flag, spec.Flag);
            else if (environment.TryGetValue(spec.Variable, out var variable))
                raw._values[spec.Name] = (variable, spec.Variable);
            else if (yaml.TryGetValue(spec.Name, out var key))
                raw._values[spec.Name] = (key, $"{spec.Name} in {yamlPath}");
            else if (spec.Default is { } byDefault)
                raw._values[spec.Name] = (byDefault, $"{spec.Flag} (default)");
        }
        var names = NodeOptionSpecs.All.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var key in yaml.Keys.Where(k => !names.Contains(k)))
            errors.Add($"{yamlPath}: '{key}' is not an option; see --help");
        var variables = NodeOptionSpecs.All.Select(s => s.Variable).Append("FABRIC_CONFIG").ToHashSet(StringComparer.Ordinal);
        foreach (var name in environment.Keys.Where(k => k.StartsWith("FABRIC_", StringComparison.Ordinal) && !variables.Contains(k)))
            errors.Add($"environment: {name} is not an option; see --help");
        return raw;
    }

    public string? Text(string name) => _values.TryGetValue(name, out var value) ? value.Text : null;

    /// <summary>Where the value came from, for messages.</summary>
    public string Source(string name) =>
        _values.TryGetValue(name, out var value) ? value.Source : NodeOptionSpecs.Named(name).Flag;
}
