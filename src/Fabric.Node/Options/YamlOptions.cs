using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fabric.Node;

/// <summary>Reads options from a YAML file: one mapping of option names to scalars, or to lists of them.</summary>
public static class YamlOptions
{
    public static IReadOnlyDictionary<string, string> Read(string path, ICollection<string> errors)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var reader = new StreamReader(path);
            var stream = new YamlStream();
            stream.Load(reader);
            if (stream.Documents.Count == 0)
                return values;
            if (stream.Documents[0].RootNode is not YamlMappingNode root)
            {
                errors.Add($"{path}: the file must be a mapping of option names to values");
                return values;
            }
            foreach (var (key, value) in root.Children)
            {
                var text = value switch
                {
                    YamlScalarNode scalar => scalar.Value ?? "",
                    YamlSequenceNode list when list.All(i => i is YamlScalarNode) =>
                        string.Join(",", list.Select(i => ((YamlScalarNode)i).Value)),
                    _ => null,
                };
                if (text is null)
                    errors.Add($"{path}, line {value.Start.Line}: {key} must be a value or a list of values");
                else
                    values[key.ToString()] = text;
            }
        }
        catch (YamlException e)
        {
            errors.Add($"{path}, line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }
        catch (IOException e)
        {
            errors.Add($"{path}: {e.Message}");
        }
        catch (UnauthorizedAccessException e)
        {
            errors.Add($"{path}: {e.Message}");
        }
        return values;
    }
}
