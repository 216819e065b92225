using System.CommandLine;
using Altmap.Cli.Common;

namespace Altmap.Cli.Completion;

/// <summary><c>altmap completion</c>: scripts that let a shell ask altmap itself (its <c>[suggest]</c> directive).</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # altmap completion for bash: source <(altmap completion bash)
        _altmap() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _altmap altmap

        """;

    private const string Zsh = """
        #compdef altmap
        # altmap completion for zsh: source <(altmap completion zsh)
        _altmap() {
            local -a found
            found=(${(f)"$("${words[1]}" "[suggest:$((CURSOR))]" "$BUFFER" 2>/dev/null)"})
            compadd -- $found || _files
        }
        compdef _altmap altmap

        """;

    private const string Fish = """
        # altmap completion for fish: altmap completion fish | source
        complete -c altmap -a '(set -l line (commandline -cp); altmap "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null)'

        """;

    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a completion script for a shell.") { shell };
        command.SetAction(p =>
        {
            host.Out.Write(
                Values.Word(p.GetRequiredValue(shell), "SHELL", "bash", "zsh", "fish") switch
                {
                    "bash" => Bash,
                    "zsh" => Zsh,
                    _ => Fish,
                }
            );
            return ExitCode.Success;
        });
        CommandHelp.SetExamples(command, "source <(altmap completion bash)", "altmap completion fish | source");
        return command;
    }
}
